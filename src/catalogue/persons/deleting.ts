/** Operations that erase. Each goes through the deletion log; none is passed on directly. */
import * as z from 'zod';
import { failure } from '../../core/failure.ts';
import type { PersonRef, PersonUuid } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { deleting } from '../define.ts';
import type { DeletionFlags, DeletionTarget } from '../deletion.ts';
import { leftOutAs } from '../fields/absent.ts';
import { none } from '../fields/reference-rules.ts';
import { refersTo } from '../fields/references.ts';
import { distinctId, flag, json, personUuid } from '../fields/values.ts';
import type { Operation } from '../operation.ts';
import { acceptedReply, bulkDeleteReply, EXAMPLE_UUID } from '../replies.ts';

const deletes = {
  delivery: 'once',
  slicing: { kind: 'named', by: 'path' },
  ownersProject: [],
  ignoredIn: {},
  scopes: ['person:delete'],
  reply: acceptedReply,
} as const;

const NO_FLAGS: DeletionFlags = { delete_events: false, delete_recordings: false, keep_person: false };

const flagFields = {
  delete_events: refersTo(none, flag()).optional(),
  delete_recordings: refersTo(none, flag()).optional(),
  keep_person: refersTo(none, flag()).optional(),
};

const flagsOf = (input: { [K in keyof DeletionFlags]?: boolean | undefined }): DeletionFlags => ({
  delete_events: input.delete_events ?? false,
  delete_recordings: input.delete_recordings ?? false,
  keep_person: input.keep_person ?? false,
});

const onePerson = (person: PersonRef | null): DeletionTarget => {
  if (person === null) throw new Error('a route with :id names a person');
  return { kind: 'person', ids: [person] };
};

/** 1 to 1000 of them. An empty list is none: clients send one beside the list they mean. */
const listed = <T extends z.ZodType>(id: T) =>
  leftOutAs(['empty list'], json(z.array(id).min(1).max(LIMITS.bulkIdsMax)));

interface Lists {
  readonly ids?: readonly PersonUuid[] | undefined;
  readonly distinct_ids?: readonly string[] | undefined;
}

/** Exactly one list: generation A lets `distinct_ids` win without a word where both are there (PostHog contract §4). */
function listOf({ ids, distinct_ids: distinctIds }: Lists): Result<DeletionTarget> {
  if (ids !== undefined && distinctIds !== undefined) {
    return err(failure('input_conflict', 'Give ids or distinct_ids, not both.', 'distinct_ids'));
  }
  if (ids !== undefined) return ok({ kind: 'uuids', ids });
  if (distinctIds !== undefined) return ok({ kind: 'distinct_ids', ids: distinctIds });
  return err(failure('field_invalid', 'Give ids (person UUIDs) or distinct_ids, 1 to 1000 of them.', 'ids'));
}

export const DELETING_OPERATIONS: readonly Operation[] = [
  deleting({
    ...deletes,
    id: 'persons_bulk_delete',
    slicing: { kind: 'resolved' },
    ignoredIn: { A: ['keep_person', 'delete_recordings'] },
    methods: ['POST'],
    path: 'bulk_delete',
    place: 'either',
    input: z.strictObject({
      ids: listed(personUuid()).optional(),
      distinct_ids: listed(distinctId()).optional(),
      ...flagFields,
    }),
    reply: bulkDeleteReply,
    deletes: (input) => {
      const target = listOf(input);
      return target.ok ? ok({ target: target.value, flags: flagsOf(input) }) : target;
    },
    example: { ids: [EXAMPLE_UUID] },
  }),
  deleting({
    ...deletes,
    id: 'persons_destroy',
    methods: ['DELETE'],
    ignoredIn: { A: ['keep_person'] },
    path: ':id',
    place: 'query',
    input: z.strictObject(flagFields),
    deletes: (input, person) => ok({ target: onePerson(person), flags: flagsOf(input) }),
    example: {},
  }),
  deleting({
    ...deletes,
    id: 'persons_delete_events',
    methods: ['POST'],
    path: ':id/delete_events',
    place: 'body',
    input: z.strictObject({}),
    deletes: (_, person) =>
      ok({ target: onePerson(person), flags: { ...NO_FLAGS, delete_events: true, keep_person: true } }),
    example: {},
  }),
  deleting({
    ...deletes,
    id: 'persons_delete_recordings',
    methods: ['POST'],
    path: ':id/delete_recordings',
    place: 'body',
    input: z.strictObject({}),
    deletes: (_, person) =>
      ok({ target: onePerson(person), flags: { ...NO_FLAGS, delete_recordings: true, keep_person: true } }),
    example: {},
  }),
];
