/** Which distinct ids a deletion is remembered by, and which of them a sliced grant may reset. */
import { removesProfiles, type Deletion } from '../../catalogue/deletion.ts';
import { distinct } from './digest.ts';
import type { DistinctIdHasher, DistinctIdKey } from './distinct-id-key.ts';
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
 * The keys by which a deletion is remembered. There are none where no slice was checked, where no person is deleted,
 * or where the profile stays.
 */
export const keysOf = (
  { deletion, resolved }: DeletionOrder,
  hasher: DistinctIdHasher,
): Promise<DistinctIdKey[]> => rememberedKeys(deletion, resolved?.distinctIds ?? [], hasher);

/** The same for persons of a slice with these distinct ids. */
export const rememberedKeys = (
  deletion: Deletion,
  distinctIds: readonly string[],
  hasher: DistinctIdHasher,
): Promise<DistinctIdKey[]> =>
  Promise.all(
    removesProfiles(deletion) ? distinct(distinctIds).slice(0, REMEMBERED_MAX).map(hasher.write) : [],
  );

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
  hasher: DistinctIdHasher,
  recall: Recall,
): Promise<string[]> {
  if (entries === null) return [];
  const asked = await Promise.all(ids.map(async (id) => ({ id, keys: await hasher.read(id) })));
  const recalled = recall(
    asked.flatMap(({ keys }) => keys),
    projectId,
    entries,
  );
  const deleted = new Set(
    recalled.filter((one) => coversDeleted(slices, one.slices)).map(({ hash }) => hash),
  );
  return asked.filter(({ keys }) => keys.some((key) => deleted.has(key))).map(({ id }) => id);
}
