/**
 * Asks which of many persons are in a slice, with one query. The events store chooses the rows, and what a row says of its
 * person comes from the person database (query contract §2): a row is judged by what it says, and an id without a row may
 * be of a person that the events store does not know yet.
 */
import type { PersonUuid, ProjectId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { failure, type Failure } from '../../core/failure.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { boundedChunks } from '../body.ts';
import type { PostHogClient } from '../client.ts';
import type { PickedPerson } from '../page/persons.ts';
import { readActors, type Actor } from './actors.ts';
import { queryRequest } from './body.ts';
import { sliceLeavesOf } from './slice-leaves.ts';
import type { PersonsQuery, SliceLeaf } from './translate/nodes.ts';

/**
 * The persons that PostHog shows of up to 1,000 UUIDs, under the conditions of a slice. Fails where PostHog cannot be asked
 * or says nothing certain: the caller then has to find the persons another way.
 */
export async function findOwned(
  posthog: PostHogClient,
  projectId: ProjectId,
  uuids: readonly PersonUuid[],
  conditions: readonly JsonObject[],
  requestId: string,
): Promise<Result<readonly PickedPerson[]>> {
  const slice = sliceLeavesOf(conditions);
  if (slice === null) return err(uncertain());
  const request = queryRequest(projectId, personsQuery(uuids, slice), {
    purpose: 'ownership',
    requestId,
    refresh: 'force_blocking',
  });
  const opened = await posthog.open(request);
  if (opened.kind !== 'open') return err(opened.kind === 'failure' ? opened.failure : uncertain());
  const page = await readActors(boundedChunks(opened.answer, LIMITS.replyBytesMax));
  if (!page.ok) return page;
  // A kept answer may be of a time before a person left the slice.
  return page.value.members.get('is_cached') === true
    ? err(uncertain())
    : ok(page.value.actors.map((actor) => personOf(actor)));
}

const personsQuery = (uuids: readonly PersonUuid[], slice: readonly SliceLeaf[]): PersonsQuery => ({
  kind: 'ActorsQuery',
  select: ['actor'],
  orderBy: ['id ASC'],
  limit: uuids.length,
  fixedProperties: [
    ...slice,
    { type: 'hogql', key: `id IN (${uuids.map((uuid) => `'${uuid}'`).join(', ')})` },
  ],
});

/** A person as the persons API would show it, as far as a look-up reads persons. */
function personOf({ uuid, row: { value } }: Actor): PickedPerson {
  const { properties = {}, distinct_ids: distinctIds = [] } = value;
  return { uuid, properties, distinct_ids: distinctIds };
}

/** Never told to a client: what could not be asked in one query is asked in many calls. */
const uncertain = (): Failure =>
  failure('upstream_reply_invalid', 'PostHog did not say which of the persons are in the slice.');
