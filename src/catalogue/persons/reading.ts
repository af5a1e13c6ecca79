/** Operations that read persons: list, retrieve, look-ups. */
import * as z from 'zod/mini';
import { LIMITS } from '../../core/limits.ts';
import { forwarding } from '../define.ts';
import { leftOutAs } from '../fields/absent.ts';
import { personFilters } from '../fields/filters.ts';
import { emailProperty, none, personProperty, search } from '../fields/reference-rules.ts';
import { refersTo } from '../fields/references.ts';
import {
  distinctId,
  flag,
  oneOf,
  pageFields,
  presence,
  personRef,
  personUuid,
  text,
} from '../fields/values.ts';
import { GENERATIONS } from '../generation.ts';
import type { Operation } from '../operation.ts';
import * as replies from '../replies.ts';
import type { PersonsRoute } from '../route.ts';

/** How an operation says that generation A does not have it. */
const absentInA = (instead: string): PersonsRoute => ({
  kind: 'persons',
  absentIn: ['A'],
  because: 'newer',
  instead,
});
const reads = {
  effect: 'read',
  delivery: 'idempotent',
  ownersProject: [],
  methods: ['GET'],
  place: 'query',
} as const;

/** What persons are listed by. */
export const selectors = () => ({
  search: z.optional(refersTo(search, leftOutAs(['empty text'], text()))),
  // Empty, it would list everybody: a script that erases what it lists must not.
  email: z.optional(refersTo(emailProperty, text(LIMITS.emailCharsMax))),
  distinct_id: z.optional(distinctId()),
  properties: z.optional(personFilters()),
});

export const READING: readonly Operation[] = [
  forwarding({
    ...reads,
    id: 'persons_list',
    slicing: { kind: 'filtered', form: 'flat' },
    path: '',
    scopes: ['person:read'],
    input: () =>
      z.strictObject({
        ...selectors(),
        include_total: z.optional(refersTo(none, presence())),
        ...pageFields(),
      }),
    sentOnlyIfTrue: ['include_total'],
    reply: replies.listReply,
    example: { limit: 2 },
  }),
  forwarding({
    ...reads,
    id: 'persons_retrieve',
    slicing: { kind: 'answered' },
    path: ':id',
    scopes: ['person:read'],
    input: () => z.strictObject({}),
    reply: replies.personReply,
    example: {},
  }),
  forwarding({
    ...reads,
    id: 'persons_cohorts',
    slicing: { kind: 'named', by: 'person_id' },
    ownersProject: GENERATIONS,
    path: 'cohorts',
    scopes: ['person:read', 'cohort:read'],
    input: () => z.strictObject({ person_id: personRef() }),
    reply: replies.cohortsReply,
    example: { person_id: replies.EXAMPLE_UUID },
  }),
  forwarding({
    ...reads,
    id: 'persons_values',
    slicing: { kind: 'refused', why: 'PostHog lists the values of the whole project.' },
    path: 'values',
    scopes: ['person:read'],
    input: () =>
      z.strictObject({
        key: refersTo(personProperty, text(400)),
        value: z.optional(refersTo(none, leftOutAs(['empty text'], text()))),
      }),
    reply: replies.valuesReply,
    example: { key: 'plan' },
  }),
  forwarding({
    ...reads,
    id: 'persons_deletion_status',
    route: absentInA('Read the persons again to see whether they are gone.'),
    slicing: {
      kind: 'refused',
      why: 'PostHog shows deletions of the whole project, and the persons are gone.',
    },
    path: 'deletion_status',
    scopes: ['person:read'],
    input: () =>
      z.strictObject({
        status: z.optional(refersTo(none, oneOf(['pending', 'completed', 'all']))),
        person_uuid: z.optional(personUuid()),
        ...pageFields(),
      }),
    reply: replies.deletionStatusReply,
    example: { status: 'pending' },
  }),
  forwarding({
    ...reads,
    id: 'persons_batch_by_distinct_ids',
    route: absentInA('List persons with `distinct_id`, one at a time.'),
    slicing: { kind: 'answered' },
    path: 'batch_by_distinct_ids',
    methods: ['POST'],
    place: 'body',
    scopes: ['person:read'],
    input: () =>
      z.strictObject({ distinct_ids: z.array(distinctId()).check(z.maxLength(LIMITS.batchIdsMax)) }),
    reply: replies.personsByDistinctIdReply,
    example: { distinct_ids: ['ada@acme.test'] },
  }),
  forwarding({
    ...reads,
    id: 'persons_batch_by_uuids',
    route: absentInA('Retrieve the persons one at a time.'),
    slicing: { kind: 'answered' },
    path: 'batch_by_uuids',
    methods: ['POST'],
    place: 'body',
    scopes: ['person:read'],
    input: () => z.strictObject({ uuids: z.array(personUuid()).check(z.maxLength(LIMITS.batchIdsMax)) }),
    reply: replies.personsByUuidReply,
    example: { uuids: [replies.EXAMPLE_UUID] },
  }),
  forwarding({
    ...reads,
    id: 'persons_properties_at_time',
    route: absentInA('Retrieve the person as it is now.'),
    slicing: { kind: 'named', by: 'person_id_or_distinct_id' },
    path: 'properties_at_time',
    scopes: ['person:read'],
    input: () =>
      z
        .strictObject({
          distinct_id: z.optional(distinctId()),
          person_id: z.optional(personUuid()),
          timestamp: refersTo(none, z.iso.datetime({ offset: true })),
          include_set_once: z.optional(refersTo(none, flag())),
        })
        .check(
          z.refine((input) => (input.distinct_id === undefined) !== (input.person_id === undefined), {
            error: 'or person_id must be given, and not both',
            path: ['distinct_id'],
          }),
        ),
    reply: replies.pastPersonReply,
    example: { distinct_id: 'ada@acme.test', timestamp: '2026-01-06T00:00:00Z' },
  }),
];
