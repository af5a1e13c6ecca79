/**
 * What PostHog answers, in its three generations (PostHog contract §5, §7, §8). Loose on purpose: a member PostHog
 * adds tomorrow is passed on. Used for the documentation and by tests; answers are not rebuilt from these.
 */
import * as z from 'zod';
import type { Json } from '../core/json.ts';
import { ANYTHING, NO_REFERENCES } from './fields/references.ts';
import { anyJson } from './fields/values.ts';
import type { Paging, Reply } from './operation.ts';
import {
  EXAMPLE_PERSON,
  EXAMPLE_ROW,
  EXAMPLE_UUID,
  link,
  Person,
  PersonRow,
  personShape,
  properties,
} from './reply-schemas.ts';

/** What a reply contains of persons has no default: an entry that does not say it does not compile. */
const reply = (part: Partial<Reply> & Pick<Reply, 'schema' | 'example' | 'contains'>): Reply => ({
  status: 200,
  paging: null,
  rows: null,
  refersTo: NO_REFERENCES,
  ...part,
});

const byOffset: Paging = { limit: 'limit', position: 'offset', unit: 'offset', limitDefault: 100 };

export const listReply = reply({
  schema: z.looseObject({
    results: z.array(PersonRow),
    next: link,
    previous: link,
    count: z.int().optional(),
  }),
  example: { results: [EXAMPLE_ROW], next: null, previous: null },
  paging: byOffset,
  rows: 'results',
  contains: 'persons',
});

const actors = (paging: Paging): Reply =>
  reply({
    schema: z.looseObject({
      results: z.array(z.looseObject({ people: z.array(PersonRow), count: z.int() })),
      next: link.optional(),
      initial: link.optional(),
      missing_persons: z.int().optional(),
      is_cached: z.boolean().optional(),
      last_refresh: z.string().nullable().optional(),
    }),
    example: { results: [{ people: [EXAMPLE_ROW], count: 1 }], next: null },
    paging,
    rows: 'people',
    contains: 'persons',
  });

export const actorsReply = actors(byOffset);

export const correlationReply = actors({
  limit: 'funnel_correlation_person_limit',
  position: 'funnel_correlation_person_offset',
  unit: 'offset',
  limitDefault: 100,
});

export const activityReply = reply({
  schema: z.looseObject({
    results: z.array(
      z.looseObject({
        activity: z.string(),
        scope: z.string(),
        item_id: z.string().nullable(),
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
  paging: { limit: 'limit', position: 'page', unit: 'page', limitDefault: 10 },
  rows: 'results',
  contains: 'activity',
});

export const deletionStatusReply = reply({
  contains: 'nothing',
  schema: z.looseObject({
    count: z.int(),
    next: link,
    previous: link,
    results: z.array(z.looseObject({ person_uuid: z.string(), status: z.string(), created_at: z.string() })),
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
  paging: byOffset,
  rows: 'results',
});

export const cohortsReply = reply({
  contains: 'cohorts',
  // A cohort is defined in PostHog, by any property: being in it tells of that.
  refersTo: ANYTHING,
  schema: z.looseObject({ results: z.array(z.looseObject({ id: z.int(), name: z.string().nullable() })) }),
  example: { results: [{ id: 3, name: 'Paying', count: 12 }] },
  rows: 'results',
});

export const personReply = reply({ contains: 'person', schema: Person, example: EXAMPLE_PERSON });

/** A past state of a person, and what it was made from. */
export const pastPersonReply = reply({
  contains: 'past_person',
  schema: z.looseObject({ ...personShape, point_in_time_metadata: z.looseObject({}).optional() }),
  example: { ...EXAMPLE_PERSON, point_in_time_metadata: { queried_timestamp: '2026-01-06T00:00:00Z' } },
});

/** A map from what was asked to the person; what is not there is left out. */
export const personMapReply = (key: string): Reply =>
  reply({
    contains: 'person_map',
    schema: z.looseObject({ results: z.record(z.string(), Person) }),
    example: { results: { [key]: EXAMPLE_PERSON } },
  });

const counted = z.array(z.looseObject({ name: anyJson() }));
/** Generation A answers the bare list, B and C wrap it. */
export const valuesReply = reply({
  contains: 'nothing',
  schema: z.union([counted, z.looseObject({ results: counted, refreshing: z.boolean().optional() })]),
  example: { results: [{ name: 'pro', count: 3 }], refreshing: false },
});

export const timelineReply = reply({
  contains: 'timeline',
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
});

/** 202 with nothing in it: accepted, not done. */
export const acceptedReply = reply({ contains: 'nothing', status: 202, schema: null, example: null });

/** 201 with `success`: accepted, runs later. */
export const startedReply = reply({
  contains: 'nothing',
  status: 201,
  schema: z.looseObject({ success: z.boolean() }),
  example: { success: true } satisfies Json,
});

/** Generation A answers 202 without a body; C queues persons and reports none deleted. */
export const bulkDeleteReply = reply({
  contains: 'nothing',
  status: 202,
  schema: z.looseObject({
    persons_found: z.int(),
    persons_deleted: z.int(),
    persons_queued_for_deletion: z.int().optional(),
    events_queued_for_deletion: z.boolean(),
    recordings_queued_for_deletion: z.boolean().optional(),
    deletion_errors: z.array(z.looseObject({ person_uuid: z.string() })),
  }),
  example: {
    persons_found: 2,
    persons_deleted: 2,
    events_queued_for_deletion: false,
    recordings_queued_for_deletion: false,
    deletion_errors: [],
  },
});
