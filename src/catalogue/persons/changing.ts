/** Operations that change persons without erasing them. */
import * as z from 'zod/mini';
import { LIMITS } from '../../core/limits.ts';
import { forwarding } from '../define.ts';
import { none, personProperty, personPropertyMembers } from '../fields/reference-rules.ts';
import { refersTo } from '../fields/references.ts';
import { distinctId, keptJson, text } from '../fields/values.ts';
import type { Operation } from '../operation.ts';
import { acceptedReply, startedReply } from '../replies.ts';

const changes = {
  effect: 'write',
  delivery: 'once',
  slicing: { kind: 'named', by: 'path' },
  ownersProject: [],
  methods: ['POST'],
  place: 'body',
  reply: acceptedReply,
} as const;

/** What PostHog answers of a person besides its properties, alone and in a row. Clients send back what they read. */
const READ_ONLY = [
  'id',
  'uuid',
  'name',
  'distinct_ids',
  'created_at',
  'last_seen_at',
  'is_identified',
  'type',
  'matched_recordings',
  'value_at_data_point',
] as const;

const propertyName = () => refersTo(personProperty, text(400));

export const CHANGING: readonly Operation[] = [
  forwarding({
    ...changes,
    id: 'persons_update',
    path: ':id',
    methods: ['PATCH', 'PUT'],
    scopes: ['person:update'],
    dropped: READ_ONLY,
    input: () =>
      z.strictObject({
        properties: refersTo(
          personPropertyMembers,
          z.record(propertyName(), keptJson()).check(
            z.refine((properties) => Object.keys(properties).length > 0, {
              error: 'must name at least one property',
            }),
          ),
        ),
      }),
    example: { properties: { plan: 'team' } },
  }),
  forwarding({
    ...changes,
    id: 'persons_update_property',
    path: ':id/update_property',
    scopes: ['person:update'],
    input: () => z.strictObject({ key: propertyName(), value: refersTo(none, keptJson()) }),
    example: { key: 'plan', value: 'team' },
  }),
  forwarding({
    ...changes,
    id: 'persons_delete_property',
    path: ':id/delete_property',
    scopes: ['person:update'],
    input: () => z.strictObject({ $unset: propertyName() }),
    reply: startedReply,
    example: { $unset: 'plan' },
  }),
  forwarding({
    ...changes,
    id: 'persons_split',
    leavesSlice: 'A split leaves distinct ids without the property that the slice is made of.',
    path: ':id/split',
    scopes: ['person:split'],
    input: () =>
      z
        .strictObject({
          main_distinct_id: z.optional(distinctId()),
          distinct_ids_to_split: z.optional(
            z.array(distinctId()).check(z.minLength(1), z.maxLength(LIMITS.bulkIdsMax)),
          ),
        })
        .check(
          z.refine(
            (input) => input.main_distinct_id === undefined || input.distinct_ids_to_split === undefined,
            {
              error: 'cannot be given together with main_distinct_id',
              path: ['distinct_ids_to_split'],
            },
          ),
        ),
    reply: startedReply,
    example: { main_distinct_id: 'ada@acme.test' },
  }),
  forwarding({
    ...changes,
    id: 'persons_reset_distinct_id',
    slicing: { kind: 'logged' },
    path: 'reset_person_distinct_id',
    scopes: ['person:reset_distinct_id'],
    input: () => z.strictObject({ distinct_id: distinctId() }),
    example: { distinct_id: 'ada@acme.test' },
  }),
];
