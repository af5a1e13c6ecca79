/** Distinct ids as the log remembers them: keyed, as they are often e-mail addresses of people who were erased. */
import * as z from 'zod/mini';
import type { Keyring } from '../../authn/keyring.ts';

export const DistinctIdKey = z.string().brand<'DistinctIdKey'>();
export type DistinctIdKey = z.output<typeof DistinctIdKey>;

/** Makes the keys of distinct ids. */
export interface DistinctIdHasher {
  /** What an id is remembered by from now on. */
  readonly write: (id: string) => Promise<DistinctIdKey>;
  /** Everything an id may have been remembered by: with each key of the ring, and without one, as it was at first. */
  readonly read: (id: string) => Promise<readonly DistinctIdKey[]>;
}

/** Keeps these keys apart from the signatures of tokens, which are made with the same secrets. */
const PURPOSE = new TextEncoder().encode('hedgerow: distinct ids of deleted persons');

/**
 * HMAC-SHA-256 of the id's JSON text, with a key derived from the first signing key. A copy of the storage alone does
 * not tell which ids were deleted. Ids remembered under a signing key that has left the ring are not found any more.
 */
export async function distinctIdHasher(keyring: Keyring): Promise<DistinctIdHasher> {
  const [first, ...others] = await Promise.all(keyring.map(({ bytes }) => deriveKey(bytes)));
  if (first === undefined) throw new Error('a keyring has a key');
  return {
    write: (id) => keyed(first, id),
    read: (id) => Promise.all([...[first, ...others].map((key) => keyed(key, id)), plain(id)]),
  };
}

async function deriveKey(secret: Uint8Array): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', new Uint8Array(secret), 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: PURPOSE },
    material,
    { name: 'HMAC', hash: 'SHA-256', length: 256 },
    false,
    ['sign'],
  );
}

/** JSON text keeps lone halves of characters apart, which UTF-8 does not. */
const bytesOf = (id: string) => new TextEncoder().encode(JSON.stringify(id));

const keyed = async (key: CryptoKey, id: string): Promise<DistinctIdKey> =>
  DistinctIdKey.parse(`h1.${toText(await crypto.subtle.sign('HMAC', key, bytesOf(id)))}`);

const plain = async (id: string): Promise<DistinctIdKey> =>
  DistinctIdKey.parse(toText(await crypto.subtle.digest('SHA-256', bytesOf(id))));

const toText = (hash: ArrayBuffer): string =>
  new Uint8Array(hash).toBase64({ alphabet: 'base64url', omitPadding: true });
