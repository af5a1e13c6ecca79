/** The keys tokens are signed with. The first signs, all verify, so a key is replaced by putting a new one in front. */

const KEY_BYTES_MIN = 32;
const KID = /^[A-Za-z0-9_-]{1,32}$/;

export interface SigningKey {
  readonly kid: string;
  readonly bytes: Uint8Array;
}

/** At least one key. */
export type Keyring = readonly [SigningKey, ...SigningKey[]];

/**
 * Reads `kid:key[,kid:key…]`. A key is taken as the bytes of its text, 32 or more, whatever its encoding.
 * Returns the reason instead where it does not fit; the reason holds nothing of the keys.
 */
export function parseKeyring(text: string): Keyring | string {
  const keys: SigningKey[] = [];
  for (const [i, item] of text.split(',').entries()) {
    const [kid = '', ...rest] = item.trim().split(':');
    const bytes = new TextEncoder().encode(rest.join(':'));
    if (rest.length === 0 || !KID.test(kid)) return `entry ${i + 1} is not written kid:key`;
    if (bytes.length < KEY_BYTES_MIN)
      return `the key of entry ${i + 1} is shorter than ${KEY_BYTES_MIN} bytes`;
    if (keys.some((key) => key.kid === kid)) return `entry ${i + 1} repeats the kid of another`;
    keys.push({ kid, bytes });
  }
  const [first, ...others] = keys;
  return first === undefined ? 'there is no key' : [first, ...others];
}
