/** A deletion of any size, as `POST /v1/deletions` takes it: judged by the rules of a bulk delete of the mirror. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod/mini';
import type { ProjectId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { failure } from '../../core/failure.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { DeletionTarget } from '../deletion.ts';
import { distinctId, givenFields, personUuid } from '../fields/values.ts';
import type { Call, Method, Operation } from '../operation.ts';
import { DELETING_OPERATIONS } from './deleting.ts';
import { flagFields, flagsOf, listOf } from './deletion-fields.ts';
import { READING, selectors as selectorFields } from './reading.ts';

/**
 * A list whose reading ends at the first id that does not fit, and at the first that is too many: a refusal holds an
 * issue for every bad id otherwise, and a body has room for millions.
 */
const idList = <T extends z.ZodMiniType>(id: T) =>
  z.pipe(
    z.transform((value: unknown) => {
      if (!Array.isArray(value)) return value;
      const read: readonly unknown[] = value.slice(0, LIMITS.deletionPersonsMax + 1);
      const bad = read.findIndex((item) => !id.safeParse(item).success);
      return bad === -1 ? read : read.slice(0, bad + 1);
    }),
    z.array(id).check(z.minLength(1), z.maxLength(LIMITS.deletionPersonsMax)),
  );

const Filter = lazily(() =>
  z.strictObject({
    ...selectorFields(),
    all: z.optional(z.boolean()).register(z.globalRegistry, {
      description:
        '`true` where every person is meant. Without it a filter has to restrict, and to leave somebody out.',
    }),
  }),
);

export const DeletionRequest = lazily(() =>
  z.strictObject({
    ids: z
      .optional(idList(personUuid()))
      .register(z.globalRegistry, { description: 'Person UUIDs. Give these, `distinct_ids` or `filter`.' }),
    distinct_ids: z
      .optional(idList(distinctId()))
      .register(z.globalRegistry, { description: 'Each deletes the whole merged person.' }),
    filter: z.optional(Filter()).register(z.globalRegistry, {
      description: 'The persons of a list with these arguments, all of which must hold. Needs `person:read`.',
    }),
    ...flagFields(),
  }),
);
export type DeletionRequest = z.output<ReturnType<typeof DeletionRequest>>;

const BULK_DELETE = named(DELETING_OPERATIONS, 'persons_bulk_delete');
const LIST = named(READING, 'persons_list');

function named(operations: readonly Operation[], id: string): Operation {
  const found = operations.find((operation) => operation.id === id);
  if (found === undefined) throw new Error(`the catalogue has ${id}`);
  return found;
}

/** What a deletion asks for, as calls that the policy decides on. */
export interface RequestedDeletion {
  /** A bulk delete in all but its size. It names nobody where there is a filter. */
  readonly deletion: Call;
  /** The list of the persons that the filter names; null where they are named by id. */
  readonly selection: Call | null;
  readonly all: boolean;
}

export function requestedDeletion(request: DeletionRequest, projectId: ProjectId): Result<RequestedDeletion> {
  const { filter, ...others } = request;
  const target = filter === undefined ? listOf(others, LIMITS.deletionPersonsMax) : targetless(others);
  if (!target.ok) return target;
  const { all = false, ...selectors } = filter ?? {};
  const flags = flagsOf(request);
  const deletion = { operation: 'persons_bulk_delete', projectId, target: target.value, flags } as const;
  return ok({
    deletion: { ...callOf(BULK_DELETE, 'POST', projectId, others), kind: 'delete', deletion },
    selection:
      filter === undefined ? null : { ...callOf(LIST, 'GET', projectId, selectors), kind: 'forward' },
    all,
  });
}

function targetless({ ids, distinct_ids }: Omit<DeletionRequest, 'filter'>): Result<DeletionTarget> {
  return ids === undefined && distinct_ids === undefined
    ? ok({ kind: 'uuids', ids: [] })
    : err(failure('input_conflict', 'Give ids, distinct_ids or filter, and only one of them.', 'filter'));
}

function callOf(operation: Operation, method: Method, projectId: ProjectId, input: object) {
  const given = Object.fromEntries(givenFields(input));
  const format = { kind: 'json' } as const;
  return { operation, method, projectId, person: null, format, arguments: given, asked: given };
}
