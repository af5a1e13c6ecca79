/** Which distinct ids a deletion is remembered by, and which of them a sliced grant may reset. */
import * as z from 'zod';
import type { Deletion } from '../../catalogue/deletion.ts';
import { distinct } from './digest.ts';
import type { DeletionOrder, ResetScope } from './entry.ts';
import type { EntryRange } from './storage/registrations.ts';
import { coversDeleted, type StoredSlices } from './storage/slices.ts';

/**
 * Of how many distinct ids of one deletion is remembered whose they were: a thousand persons with the ten a batch
 * look-up shows of each, and as many again. One statement carries them, and a parameter may have 2 MB. The first are
 * kept; what lies beyond, a sliced grant cannot reset.
 */
export const REMEMBERED_MAX = 20_000;

/**
 * A distinct id as the log remembers it: the SHA-256 of its JSON text, in which halves of characters stay apart. The id
 * itself is often the e-mail address of somebody who was to be forgotten.
 */
export const DistinctIdKey = z.string().brand<'DistinctIdKey'>();
export type DistinctIdKey = z.output<typeof DistinctIdKey>;

async function keyOf(id: string): Promise<DistinctIdKey> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(id)));
  return DistinctIdKey.parse(new Uint8Array(hash).toBase64({ alphabet: 'base64url', omitPadding: true }));
}

/** What a deletion is remembered by: nothing where no slice was checked, nobody is deleted, or the profile stays. */
export const keysOf = ({ deletion, resolved }: DeletionOrder): Promise<DistinctIdKey[]> =>
  Promise.all(
    resolved === undefined || !removesProfiles(deletion)
      ? []
      : distinct(resolved.distinctIds).slice(0, REMEMBERED_MAX).map(keyOf),
  );

const removesProfiles = ({ target, flags }: Deletion): boolean => target.ids.length > 0 && !flags.keep_person;

/** Finds what is remembered of keys in a project. */
export type Recall = (
  keys: readonly DistinctIdKey[],
  projectId: ResetScope['projectId'],
  entries: EntryRange,
) => readonly { readonly hash: DistinctIdKey; readonly slices: StoredSlices }[];

/** Those of the ids that lay in the scope when their persons were deleted, by `entries`: those of the registration. */
export async function resettable(
  ids: readonly string[],
  { projectId, slices }: ResetScope,
  entries: EntryRange | null,
  recall: Recall,
): Promise<string[]> {
  if (entries === null) return [];
  const asked = await Promise.all(ids.map(async (id) => ({ id, key: await keyOf(id) })));
  const keys = asked.map(({ key }) => key);
  const covered = recall(keys, projectId, entries).filter((deleted) => coversDeleted(slices, deleted.slices));
  const deleted = new Set(covered.map(({ hash }) => hash));
  return asked.filter(({ key }) => deleted.has(key)).map(({ id }) => id);
}
