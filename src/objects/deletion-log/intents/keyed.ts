/** What an idempotency key stands for. Pure but for the digest. */
import { failure, type Failure } from '../../../core/failure.ts';
import type { DeletionId, IdempotencyKey, ProjectId, RegistrationId, TokenId } from '../../../core/ids.ts';
import type { DeletingOperation, DeletionFlags, DeletionTarget } from '../../../catalogue/deletion.ts';
import type { Slice } from '../../../policy/slice.ts';
import { digestOf } from '../digest.ts';
import { askedOf, slicesOf, type DeletionOrder, type PersonSelector } from '../entry.ts';
import { canonicalSlices } from '../storage/slices.ts';

/** A deletion as its client asked for it, and the key it came with. */
export interface KeyedRequest {
  readonly key: IdempotencyKey;
  readonly registration: RegistrationId;
  readonly token: TokenId;
  /** The tokens it was derived from, the oldest first. */
  readonly ancestors: readonly TokenId[];
  readonly operation: DeletingOperation;
  readonly projectId: ProjectId;
  readonly flags: DeletionFlags;
  readonly asked: DeletionTarget;
  /** Present where persons are named by a filter: then `asked` names none. */
  readonly filter?: PersonSelector | undefined;
  readonly isPreview?: boolean;
  /** Null where no slice is checked. */
  readonly slices: readonly Slice[] | null;
}

/** A key and a request, as they are kept. */
export interface Keyed {
  readonly key: string;
  readonly fingerprint: string;
}

/**
 * Keys are kept for the minted token of a chain, so that a token derived anew finds what an earlier one did. A token of
 * another slice asks for something else: the slices are in the fingerprint. Both are kept as digests.
 */
export async function keyedOf(request: KeyedRequest): Promise<Keyed> {
  const { key, registration, token, ancestors, operation, projectId, flags, asked, slices } = request;
  const { filter = null, isPreview = false } = request;
  const ids = await digestOf(asked.ids);
  const { delete_events: events, delete_recordings: recordings, keep_person: keeps } = flags;
  const covered = slices === null ? null : canonicalSlices(slices);
  const named = [asked.kind, ids, filter, isPreview];
  return {
    key: await hash([registration, ancestors[0] ?? token, key]),
    fingerprint: await hash([operation, projectId, named, events, recordings, keeps, covered]),
  };
}

/** The key of an order and what it asks for; null where it came without a key. */
export const keyedOrder = async (order: DeletionOrder): Promise<Keyed | null> => {
  const { idempotencyKey: key, registration, token, ancestors, deletion, filter, preview } = order;
  if (key === undefined) return null;
  const { operation, projectId, flags } = deletion;
  const slices = slicesOf(order);
  const what = { operation, projectId, flags, asked: askedOf(order), filter, slices };
  return keyedOf({ key, registration, token, ancestors, ...what, isPreview: preview !== undefined });
};

/** A confirmation as it was asked for, and the key it came with. */
export interface KeyedConfirmation extends Pick<
  KeyedRequest,
  'key' | 'registration' | 'token' | 'ancestors'
> {
  readonly id: DeletionId;
  /** Of the preview. */
  readonly digest: string;
}

/** The same for a confirmation. Its key stands for nothing else: what is confirmed is in the fingerprint. */
export const keyedConfirmation = async ({
  key,
  registration,
  token,
  ancestors,
  id,
  digest,
}: KeyedConfirmation): Promise<Keyed> => ({
  key: await hash([registration, ancestors[0] ?? token, key]),
  fingerprint: await hash(['confirm', id, digest]),
});

/** The refusal of a key that stands for another request. */
export const reused = (): Failure =>
  failure(
    'idempotency_key_reused',
    'This key was sent with another request in the last seven days. Nothing was deleted. Make a new key for every request.',
    'Idempotency-Key',
  );

async function hash(parts: readonly unknown[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toBase64({ alphabet: 'base64url' });
}
