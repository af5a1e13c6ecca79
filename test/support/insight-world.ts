/** A world in which it is known who did what, and the requests that ask for it. */
import type { Json } from '../../src/core/json.ts';
import { ADA, BEN, CYD } from '../../src/sandbox/seed/names.ts';
import { callOf, operationOf, type Call } from './calls.ts';
import type { Answer } from './client.ts';
import { envelopeOf, names, type Args } from './listings.ts';
import type { SandboxControl } from './sandbox.ts';

/** The scopes of a key as the README asks for it. */
export const KEY_SCOPES = ['person:read', 'person:write', 'cohort:read', 'activity_log:read', 'query:read'];

/** Came on the day that the lifecycles below are asked about. */
export const EVE = {
  uuid: '0190c0de-00ee-7000-8000-000000000001',
  distinctIds: ['eve@acme.test'],
} as const;

const PEOPLE = { ADA, BEN, CYD, EVE } as const;
type Name = keyof typeof PEOPLE;

const DEEDS: readonly (readonly [Name, string, ...string[]])[] = [
  ['ADA', 'opened', '2026-01-10T10:00:00Z'],
  ['ADA', 'asked', '2026-01-10T12:00:00Z'],
  ['ADA', 'closed', '2026-01-11T10:00:00Z'],
  ['BEN', 'opened', '2026-01-10T11:00:00Z'],
  ['BEN', 'asked', '2026-01-10T12:00:00Z'],
  ['CYD', 'opened', '2026-01-10T09:00:00Z'],
  ['CYD', 'closed', '2026-01-10T15:00:00Z'],
  ['ADA', 'visited', '2026-01-09T10:00:00Z', '2026-01-10T10:00:00Z'],
  ['BEN', 'visited', '2026-01-07T10:00:00Z', '2026-01-10T10:00:00Z', '2026-01-10T11:00:00Z'],
  ['CYD', 'visited', '2026-01-09T10:00:00Z'],
  ['EVE', 'visited', '2026-01-10T10:00:00Z'],
];

/** Adds EVE and the deeds to a fresh world. */
export async function happen({ addPersons, addEvents }: SandboxControl): Promise<void> {
  const properties = { tenant_id: 'acme', plan: 'free' };
  await addPersons([
    {
      project_id: 1,
      uuid: EVE.uuid,
      distinct_ids: EVE.distinctIds,
      properties,
      created_at: '2026-01-10T09:00:00Z',
    },
  ]);
  await addEvents(
    DEEDS.flatMap(([name, event, ...times]) =>
      times.map((timestamp) => ({
        project_id: 1,
        distinct_id: PEOPLE[name].distinctIds[0],
        event,
        timestamp,
        properties: { $browser: name === 'CYD' ? 'Safari' : 'Firefox' },
      })),
    ),
  );
}

const event = (id: string, order = 0) => ({ id, type: 'events', order });
const STEPS = { events: [event('opened'), event('closed', 1)], date_from: '2026-01-05' } satisfies Args;
const VISITED = { events: [event('visited')], date_from: '2026-01-05' } satisfies Args;
const asked = { id: 'asked', type: 'events' };

/** The operation, its arguments, and whom it finds, in the order of pages: by id, in trends by count. */
export const QUESTIONS: readonly (readonly [id: string, args: Args, found: readonly Name[]])[] = [
  ['persons_funnel', { ...STEPS, funnel_step: 1 }, ['ADA', 'BEN', 'CYD']],
  ['persons_funnel', { ...STEPS, funnel_step: 2 }, ['ADA', 'CYD']],
  ['persons_funnel', { ...STEPS, funnel_step: -2 }, ['BEN']],
  [
    'persons_funnel',
    { ...STEPS, funnel_step: 2, funnel_window_interval: 12, funnel_window_interval_unit: 'hour' },
    ['CYD'],
  ],
  [
    'persons_funnel',
    { ...STEPS, breakdown: '$browser', breakdown_type: 'event', funnel_step_breakdown: 'Firefox' },
    ['ADA', 'BEN'],
  ],
  [
    'persons_funnel',
    {
      ...STEPS,
      funnel_viz_type: 'trends',
      interval: 'day',
      entrance_period_start: '2026-01-10 00:00:00',
      drop_off: true,
    },
    ['BEN'],
  ],
  [
    'persons_funnel_correlation',
    { ...STEPS, funnel_correlation_person_entity: asked, funnel_correlation_person_converted: 'true' },
    ['ADA'],
  ],
  [
    'persons_funnel_correlation',
    { ...STEPS, funnel_correlation_person_entity: asked, funnel_correlation_person_converted: 'false' },
    ['BEN'],
  ],
  [
    'persons_funnel_correlation',
    {
      ...STEPS,
      funnel_correlation_type: 'properties',
      funnel_correlation_property_values: [{ key: 'plan', type: 'person', operator: 'exact', value: 'pro' }],
      funnel_correlation_person_converted: 'true',
    },
    ['ADA', 'CYD'],
  ],
  ['persons_lifecycle', { ...VISITED, target_date: '2026-01-10', lifecycle_type: 'new' }, ['EVE']],
  ['persons_lifecycle', { ...VISITED, target_date: '2026-01-10', lifecycle_type: 'returning' }, ['ADA']],
  ['persons_lifecycle', { ...VISITED, target_date: '2026-01-10', lifecycle_type: 'resurrecting' }, ['BEN']],
  ['persons_lifecycle', { ...VISITED, target_date: '2026-01-10', lifecycle_type: 'dormant' }, ['CYD']],
  ['persons_stickiness', { ...VISITED, ...named('visited'), stickiness_days: 2 }, ['ADA', 'BEN']],
  ['persons_stickiness', { ...VISITED, ...named('visited'), stickiness_days: 1 }, ['CYD', 'EVE']],
  ['persons_trends', { ...VISITED, ...named('visited') }, ['BEN', 'ADA', 'EVE', 'CYD']],
  [
    'persons_trends',
    { ...VISITED, ...named('visited'), breakdown: '$browser', breakdown_value: 'Safari' },
    ['CYD'],
  ],
];

function named(id: string) {
  return { entity_id: id, entity_type: 'events' };
}

/** Acme's of some names. */
export const ofAcme = (all: readonly Name[]): readonly Name[] => all.filter((name) => name !== 'CYD');

/** The names of the persons of a page, in its order. */
export function found(answer: Answer): readonly string[] {
  const uuids = names(envelopeOf(answer));
  return uuids.map(
    (uuid) => Object.entries(PEOPLE).find(([, person]) => person.uuid === uuid)?.[0] ?? String(uuid),
  );
}

/** The requests of a question: by GET, and by POST where the operation takes it. */
export function requestsOf(id: string, args: Readonly<Record<string, Json>>): readonly Call[] {
  const operation = operationOf(id);
  return operation.methods.map((method) => callOf(operation, method, { args }));
}
