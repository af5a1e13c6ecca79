/** The keys tokens are signed with. The first signs, all verify, so a key is replaced by putting a new one in front. */

const KEY_BYTES_MIN = 32;
const KID = /^[A-Za-z0-9_-]{1,32}$/;

/** True for a name that a key of a ring can have. */
export const isKid = (kid: string | undefined): boolean => typeof kid === 'string' && KID.test(kid);

export interface SigningKey {
  readonly kid: string;
  readonly bytes: Uint8Array;
}

/** At least one key. */
export type Keyring = readonly [SigningKey, ...SigningKey[]];

/**
 * Reads `kid:key[,kid:key…]`. A key is taken as the bytes of its text, 32 or more, whatever its encoding; without a
 * `kid:` in front its name is made from the key. Returns the reason instead where it does not fit, and the reason
 * holds nothing of the keys.
 */
export function parseKeyring(text: string): Keyring | string {
  const keys: SigningKey[] = [];
  for (const [i, item] of text.split(',').entries()) {
    const [, kid = nameOf(item.trim()), key = ''] = /^(?:([^:]*):)?(.*)$/.exec(item.trim()) ?? [];
    const bytes = new TextEncoder().encode(key);
    if (!KID.test(kid)) return `the kid of entry ${i + 1} is not 1 to 32 of A-Z, a-z, 0-9, _ and -`;
    if (bytes.length < KEY_BYTES_MIN)
      return `the key of entry ${i + 1} is shorter than ${KEY_BYTES_MIN} bytes`;
    if (keys.some((other) => other.kid === kid)) return `entry ${i + 1} repeats the kid of another`;
    keys.push({ kid, bytes });
  }
  const [first, ...others] = keys;
  return first === undefined ? 'there is no key' : [first, ...others];
}

/** FNV-1a, 32 bits: tells keys apart and says nothing useful of one that is 32 bytes long. */
function nameOf(key: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
