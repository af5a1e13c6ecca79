/**
 * Persons as PostHog answers them, in its three generations (PostHog contract §7). Loose on purpose: a member PostHog
 * adds tomorrow passes. For the documentation and for tests; answers are not rebuilt from these.
 */
import * as z from 'zod';
import { anyJson } from './fields/values.ts';

export const link = z.string().nullable();
export const properties = z.record(z.string(), anyJson());

/** A row of a list or of an insight: `id` is the UUID. */
export const PersonRow = z
  .looseObject({
    type: z.string().optional(),
    id: z.union([z.string(), z.int()]),
    uuid: z.string().optional(),
    name: z.string().nullable().optional(),
    distinct_ids: z.array(z.string()),
    properties,
    created_at: z.string().nullable().optional(),
    last_seen_at: z.string().nullable().optional(),
  })
  .meta({ id: 'PersonRow' });

export const personShape = {
  id: z.int(),
  uuid: z.string(),
  name: z.string().nullable(),
  distinct_ids: z.array(z.string()),
  properties,
  created_at: z.string().nullable(),
  last_seen_at: z.string().nullable().optional(),
};

/** A person read by itself: `id` is the number. */
export const Person = z.looseObject(personShape).meta({ id: 'Person' });

/** One of the people every sandbox is sure to have: what the documentation shows can be tried. */
export const EXAMPLE_UUID = '0190c0de-0001-7000-8000-000000000001';
export const EXAMPLE_PERSON = {
  id: 100001,
  name: 'ada@acme.test',
  distinct_ids: ['ada@acme.test', 'anon-1'],
  properties: { email: 'ada@acme.test', plan: 'pro' },
  created_at: '2026-01-05T10:00:00Z',
  uuid: EXAMPLE_UUID,
  last_seen_at: null,
} as const;
export const EXAMPLE_ROW = { ...EXAMPLE_PERSON, type: 'person', id: EXAMPLE_UUID } as const;
