/** Operations that erase. Each goes through the deletion log; none is passed on directly. */
import * as z from 'zod/mini';
import type { PersonRef } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { ok } from '../../core/result.ts';
import { deleting } from '../define.ts';
import type { DeletionTarget } from '../deletion.ts';
import { leftOutAs } from '../fields/absent.ts';
import { distinctId, json, personUuid } from '../fields/values.ts';
import type { Operation } from '../operation.ts';
import { acceptedReply, bulkDeleteReply, EXAMPLE_UUID } from '../replies.ts';
import { flagFields, flagsOf, listOf, NO_FLAGS } from './deletion-fields.ts';

const deletes = {
  delivery: 'once',
  slicing: { kind: 'named', by: 'path' },
  ownersProject: [],
  ignoredIn: {},
  scopes: ['person:delete'],
  reply: acceptedReply,
} as const;

const onePerson = (person: PersonRef | null): DeletionTarget => {
  if (person === null) throw new Error('a route with :id names a person');
  return { kind: 'person', ids: [person] };
};

/** 1 to 1000 of them. An empty list is none: clients send one beside the list they mean. */
const listed = <T extends z.ZodMiniType>(id: T) =>
  leftOutAs(['empty list'], json(z.array(id).check(z.minLength(1), z.maxLength(LIMITS.bulkIdsMax))));

export const DELETING_OPERATIONS: readonly Operation[] = [
  deleting({
    ...deletes,
    id: 'persons_bulk_delete',
    slicing: { kind: 'resolved' },
    ignoredIn: { A: ['keep_person', 'delete_recordings'] },
    methods: ['POST'],
    path: 'bulk_delete',
    place: 'either',
    input: () =>
      z.strictObject({
        ids: z.optional(listed(personUuid())),
        distinct_ids: z.optional(listed(distinctId())),
        ...flagFields(),
      }),
    reply: bulkDeleteReply,
    deletes: (input) => {
      const target = listOf(input, LIMITS.bulkIdsMax);
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
    input: () => z.strictObject(flagFields()),
    deletes: (input, person) => ok({ target: onePerson(person), flags: flagsOf(input) }),
    example: {},
  }),
  deleting({
    ...deletes,
    id: 'persons_delete_events',
    methods: ['POST'],
    path: ':id/delete_events',
    place: 'body',
    input: () => z.strictObject({}),
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
    input: () => z.strictObject({}),
    deletes: (_, person) =>
      ok({ target: onePerson(person), flags: { ...NO_FLAGS, delete_recordings: true, keep_person: true } }),
    example: {},
  }),
];
