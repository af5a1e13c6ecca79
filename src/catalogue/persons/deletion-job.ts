/** A deletion of any size, as `POST /v1/deletions` takes it: judged by the rules of a bulk delete of the mirror. */
import * as z from 'zod';
import type { ProjectId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { ok, type Result } from '../../core/result.ts';
import { distinctId, givenFields, personUuid } from '../fields/values.ts';
import type { Call, Operation } from '../operation.ts';
import { DELETING_OPERATIONS } from './deleting.ts';
import { flagFields, flagsOf, listOf } from './deletion-fields.ts';

/**
 * A list whose reading ends at the first id that does not fit, and at the first that is too many: a refusal holds an
 * issue for every bad id otherwise, and a body has room for millions.
 */
const idList = <T extends z.ZodType>(id: T) =>
  z.preprocess((value: unknown) => {
    if (!Array.isArray(value)) return value;
    const read: readonly unknown[] = value.slice(0, LIMITS.deletionPersonsMax + 1);
    const bad = read.findIndex((item) => !id.safeParse(item).success);
    return bad === -1 ? read : read.slice(0, bad + 1);
  }, z.array(id).min(1).max(LIMITS.deletionPersonsMax));

export const DeletionRequest = z.strictObject({
  ids: idList(personUuid()).optional().meta({ description: 'Person UUIDs. Give these or `distinct_ids`.' }),
  distinct_ids: idList(distinctId())
    .optional()
    .meta({ description: 'Each deletes the whole merged person.' }),
  ...flagFields,
});
export type DeletionRequest = z.output<typeof DeletionRequest>;

const BULK_DELETE: Operation = bulkDelete();

function bulkDelete(): Operation {
  const found = DELETING_OPERATIONS.find(({ id }) => id === 'persons_bulk_delete');
  if (found === undefined) throw new Error('the catalogue has the bulk delete');
  return found;
}

/** The call that the policy decides on: a bulk delete in all but its size. */
export function deletionCall(request: DeletionRequest, projectId: ProjectId): Result<Call> {
  const target = listOf(request, LIMITS.deletionPersonsMax);
  if (!target.ok) return target;
  const given = Object.fromEntries(givenFields(request));
  return ok({
    kind: 'delete',
    operation: BULK_DELETE,
    method: 'POST',
    projectId,
    person: null,
    format: { kind: 'json' },
    arguments: given,
    asked: given,
    deletion: { operation: 'persons_bulk_delete', projectId, target: target.value, flags: flagsOf(request) },
  });
}
