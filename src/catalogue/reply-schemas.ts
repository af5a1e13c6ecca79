/**
 * The JSON of PostHog's answers, in its three generations (PostHog contract §5, §7, §8). Loose on purpose: a member
 * PostHog adds tomorrow is passed on. For the document and for tests only: the Worker does not import this file.
 */
import * as z from 'zod/mini';
import type { Json } from '../core/json.ts';
import { anyJson } from './fields/values.ts';
import type { ReplySchemaName } from './operation.ts';
import { EXAMPLE_UUID } from './replies.ts';

export interface DocumentedReply {
  readonly schema: z.ZodMiniType;
  readonly example: Json;
}

const link = z.nullable(z.string());
const properties = z.record(z.string(), anyJson());

/** A row of a list or of an insight: `id` is the UUID. */
const PersonRow = z
  .looseObject({
    type: z.optional(z.string()),
    id: z.union([z.string(), z.int()]),
    uuid: z.optional(z.string()),
    name: z.optional(z.nullable(z.string())),
    distinct_ids: z.array(z.string()),
    properties,
    created_at: z.optional(z.nullable(z.string())),
    last_seen_at: z.optional(z.nullable(z.string())),
  })
  .register(z.globalRegistry, { id: 'PersonRow' });

const personShape = {
  id: z.int(),
  uuid: z.string(),
  name: z.nullable(z.string()),
  distinct_ids: z.array(z.string()),
  properties,
  created_at: z.nullable(z.string()),
  last_seen_at: z.optional(z.nullable(z.string())),
};

/** A person read by itself: `id` is the number. */
const Person = z.looseObject(personShape).register(z.globalRegistry, { id: 'Person' });

const EXAMPLE_PERSON = {
  id: 100001,
  name: 'ada@acme.test',
  distinct_ids: ['ada@acme.test', 'anon-1'],
  properties: { email: 'ada@acme.test', plan: 'pro' },
  created_at: '2026-01-05T10:00:00Z',
  uuid: EXAMPLE_UUID,
  last_seen_at: null,
} as const;
const EXAMPLE_ROW = { ...EXAMPLE_PERSON, type: 'person', id: EXAMPLE_UUID } as const;

const personMap = z.looseObject({ results: z.record(z.string(), Person) });
const counted = z.array(z.looseObject({ name: anyJson() }));

export const REPLY_SCHEMAS: Readonly<Record<ReplySchemaName, DocumentedReply>> = {
  list: {
    schema: z.looseObject({
      results: z.array(PersonRow),
      next: link,
      previous: link,
      count: z.optional(z.int()),
    }),
    example: { results: [EXAMPLE_ROW], next: null, previous: null },
  },
  actors: {
    schema: z.looseObject({
      results: z.array(z.looseObject({ people: z.array(PersonRow), count: z.int() })),
      next: z.optional(link),
      initial: z.optional(link),
      missing_persons: z.optional(z.int()),
      is_cached: z.optional(z.boolean()),
      last_refresh: z.optional(z.nullable(z.string())),
    }),
    example: { results: [{ people: [EXAMPLE_ROW], count: 1 }], next: null },
  },
  activity: {
    schema: z.looseObject({
      results: z.array(
        z.looseObject({
          activity: z.string(),
          scope: z.string(),
          item_id: z.nullable(z.string()),
          created_at: z.string(),
        }),
      ),
      next: link,
      previous: link,
      total_count: z.int(),
    }),
    example: {
      results: [
        {
          id: '0190c0de-0000-7000-8000-0000000000a1',
          user: { first_name: 'Sam', email: 'sam@corp.test' },
          activity: 'deleted',
          scope: 'Person',
          item_id: '100001',
          detail: { changes: null, trigger: null, type: null, name: EXAMPLE_UUID, short_id: null },
          created_at: '2026-01-05T10:00:00Z',
        },
      ],
      next: null,
      previous: null,
      total_count: 1,
    },
  },
  deletion_status: {
    schema: z.looseObject({
      count: z.int(),
      next: link,
      previous: link,
      results: z.array(
        z.looseObject({ person_uuid: z.string(), status: z.string(), created_at: z.string() }),
      ),
    }),
    example: {
      count: 1,
      next: null,
      previous: null,
      results: [
        {
          person_uuid: EXAMPLE_UUID,
          created_at: '2026-01-05T10:00:00Z',
          status: 'pending',
          delete_verified_at: null,
        },
      ],
    },
  },
  cohorts: {
    schema: z.looseObject({
      results: z.array(z.looseObject({ id: z.int(), name: z.nullable(z.string()) })),
    }),
    example: { results: [{ id: 3, name: 'Paying', count: 12 }] },
  },
  person: { schema: Person, example: EXAMPLE_PERSON },
  past_person: {
    schema: z.looseObject({ ...personShape, point_in_time_metadata: z.optional(z.looseObject({})) }),
    example: { ...EXAMPLE_PERSON, point_in_time_metadata: { queried_timestamp: '2026-01-06T00:00:00Z' } },
  },
  persons_by_distinct_id: { schema: personMap, example: { results: { 'ada@acme.test': EXAMPLE_PERSON } } },
  persons_by_uuid: { schema: personMap, example: { results: { [EXAMPLE_UUID]: EXAMPLE_PERSON } } },
  /** Generation A answers the bare list, B and C wrap it. */
  values: {
    schema: z.union([counted, z.looseObject({ results: counted, refreshing: z.optional(z.boolean()) })]),
    example: { results: [{ name: 'pro', count: 3 }], refreshing: false },
  },
  timeline: {
    schema: z.looseObject({
      points: z.array(z.looseObject({ timestamp: z.string(), properties })),
      crucial_property_keys: z.array(z.string()),
      effective_date_from: z.string(),
      effective_date_to: z.string(),
    }),
    example: {
      points: [{ timestamp: '2026-01-05T10:00:00Z', properties: { plan: 'pro' }, relevant_event_count: 4 }],
      crucial_property_keys: ['plan'],
      effective_date_from: '2026-01-01T00:00:00Z',
      effective_date_to: '2026-01-07T23:59:59Z',
    },
  },
  started: { schema: z.looseObject({ success: z.boolean() }), example: { success: true } },
  bulk_delete: {
    schema: z.looseObject({
      persons_found: z.int(),
      persons_deleted: z.int(),
      persons_queued_for_deletion: z.optional(z.int()),
      events_queued_for_deletion: z.boolean(),
      recordings_queued_for_deletion: z.optional(z.boolean()),
      deletion_errors: z.array(z.looseObject({ person_uuid: z.string() })),
      deletion: z
        .optional(
          z.object({
            id: z.string(),
            state: z.string(),
            next_attempt_at: z.nullable(z.string()),
            last_problem: z.nullable(z.string()),
            note: z.nullable(z.string()),
            location: z.string(),
          }),
        )
        .register(z.globalRegistry, {
          description: 'Where it is held, or will be sent again by itself: how far it is.',
        }),
    }),
    example: {
      persons_found: 2,
      persons_deleted: 2,
      events_queued_for_deletion: false,
      recordings_queued_for_deletion: false,
      deletion_errors: [],
    },
  },
};

/** `null` where PostHog answers nothing in all of its generations. */
export const documentedReply = (name: ReplySchemaName | null): DocumentedReply | null =>
  name === null ? null : REPLY_SCHEMAS[name];
