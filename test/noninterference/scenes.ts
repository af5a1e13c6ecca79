/**
 * Two worlds that differ only in people who are not Acme's: who they are, what they are called, whose they are, what
 * they did, and how many. Acme's own people are the same in both, to the number, and came first.
 */
import * as fc from 'fast-check';
import { CYD, DOV, GHOST, NIL, OTHER_ADA, PIA, STAFF } from '../../src/sandbox/seed/names.ts';

type Properties = Readonly<Record<string, unknown>>;

export interface NewPerson {
  readonly project_id: number;
  readonly uuid: string;
  readonly distinct_ids: readonly string[];
  readonly properties: Properties;
  readonly created_at: string;
}

export interface NewEvent {
  readonly project_id: number;
  readonly distinct_id: string;
  readonly event: string;
  readonly timestamp: string;
  readonly properties: Properties;
}

export interface People {
  readonly people: readonly NewPerson[];
  readonly events: readonly NewEvent[];
}

/** What one world has of others. */
export interface Others extends People {
  /** Seeded persons of others who are gone from this world. */
  readonly gone: readonly { readonly uuid: string; readonly project: number }[];
  /** What those who were gone did afterwards: they are back, and PostHog's list does not show them. */
  readonly back: readonly NewEvent[];
  /** Seeded persons of others who are different in this world. */
  readonly changed: readonly { readonly uuid: string; readonly project: number; readonly set: Properties }[];
}

export interface Scene {
  readonly own: People;
  readonly left: Others;
  readonly right: Others;
  /** Members of Acme's record. */
  readonly record: Properties;
  /** Settings of both sandboxes. */
  readonly settings: Properties;
}

/** In a property of everybody who is added for others, and nowhere else: a caller that reads it has read of others. */
export const MARK = 'foreign-';

/** The last moment of the sandboxes' clock: nobody came after it. */
const NOW_MS = Date.parse('2026-01-15T12:00:00Z');
const DAY_MS = 86_400_000;
const HOURS = 14 * 24;
const BACK = '2026-01-15T06:00:00Z';

const uuidOf = (group: string, nth: number): string =>
  `0190c0de-${group}-7000-8000-${String(nth).padStart(12, '0')}`;
export const ownUuid = (nth: number): string => uuidOf('0f00', nth);
export const otherUuid = (nth: number): string => uuidOf('0f01', nth);

const moment = fc
  .nat({ max: HOURS })
  .map((hours) => new Date(NOW_MS - DAY_MS / 2 - hours * (DAY_MS / 24)).toISOString());
const events = fc.constantFrom('signed up', 'watched video', 'paid', '$pageview', 'never seen');
const plans = fc.constantFrom('free', 'pro', 'team', 'other');

/** Values that are not Acme's, and look as if they could be. */
const TENANT_IDS: readonly unknown[] = [
  'birch',
  'birch',
  'cedar',
  undefined,
  'Acme',
  'ACME',
  ' acme',
  'acme2',
  '"acme"',
  '["acme"]',
  ['birch', 'cedar'],
  { acme: 'acme' },
  null,
  7,
  true,
  '',
];

interface Traits {
  readonly tenant: unknown;
  readonly alike: boolean;
  readonly plan: string;
  readonly ids: number;
  readonly at: string;
  readonly project: number;
  readonly deeds: readonly { readonly event: string; readonly at: string }[];
}

const deeds = fc.array(fc.record({ event: events, at: moment }), { maxLength: 5 });
const traits: fc.Arbitrary<Traits> = fc.record({
  tenant: fc.constantFrom(...TENANT_IDS),
  alike: fc.boolean(),
  plan: plans,
  ids: fc.integer({ min: 1, max: 3 }),
  at: moment,
  project: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
  deeds,
});

/** One of others: some go by the name and address of one of Acme's. */
function other(side: string, nth: number, trait: Traits): People {
  const ids = Array.from({ length: trait.ids }, (_, i) => `other-${nth}-${i}@birch.test`);
  const properties = {
    ...(trait.tenant === undefined ? {} : { tenant_id: trait.tenant }),
    name: trait.alike ? 'Ada Amberley' : `Other ${nth}`,
    email: trait.alike ? 'ada@acme.test' : `other-${nth}@birch.test`,
    plan: trait.plan,
    secret: `${MARK}${side}-${nth}`,
  };
  return {
    people: [
      {
        project_id: trait.project,
        uuid: otherUuid(nth),
        distinct_ids: ids,
        properties,
        created_at: trait.at,
      },
    ],
    events: trait.deeds.map(({ event, at }, i) => ({
      project_id: trait.project,
      distinct_id: ids[i % ids.length] ?? '',
      event,
      timestamp: at,
      properties: { plan: trait.plan, $browser: 'Other' },
    })),
  };
}

/** Seeded people of others, by project; the cohorts and counts of a world are theirs as well. */
const SEEDED = [CYD, DOV, NIL, GHOST, STAFF, OTHER_ADA, PIA];
export const SEEDED_OTHERS: readonly string[] = SEEDED.map(({ uuid }) => uuid);

export const OTHERS_MAX = 12;
const others = (side: string): fc.Arbitrary<Others> =>
  fc
    .record({
      people: fc.array(traits, { maxLength: OTHERS_MAX }),
      gone: fc.subarray(SEEDED, { minLength: 1, maxLength: 3 }),
      returns: fc.constantFrom(true, true, false),
      changed: fc.subarray(SEEDED, { maxLength: 3 }),
      plan: plans,
    })
    .map(({ people, gone, returns, changed, plan }) => {
      const added = people.map((trait, nth) => other(side, nth, trait));
      return {
        people: added.flatMap((one) => one.people),
        events: added.flatMap((one) => one.events),
        gone: gone.map(({ uuid, projectId }) => ({ uuid, project: projectId })),
        back: (returns ? gone : []).map(({ projectId, distinctIds }) => ({
          project_id: projectId,
          distinct_id: distinctIds[0] ?? '',
          event: 'paid',
          timestamp: BACK,
          properties: {},
        })),
        changed: changed.map(({ uuid, projectId }) => ({
          uuid,
          project: projectId,
          set: { plan, secret: `${MARK}${side}` },
        })),
      };
    });

/** More of Acme's, merged over addresses of others, and some of these did something. */
export const OWN_MAX = 6;
const own: fc.Arbitrary<People> = fc
  .array(fc.record({ plan: plans, at: moment, merged: fc.boolean(), deeds }), { maxLength: OWN_MAX })
  .map((people) => ({
    people: people.map(({ plan, at, merged }, nth) => ({
      project_id: 1,
      uuid: ownUuid(nth),
      distinct_ids: [`own-${nth}@acme.test`, ...(merged ? [`own-${nth}@birch.test`] : [])],
      properties: { tenant_id: 'acme', email: `own-${nth}@acme.test`, plan },
      created_at: at,
    })),
    events: people.flatMap((one, nth) =>
      one.deeds.map(({ event, at }) => ({
        project_id: 1,
        distinct_id: `own-${nth}@acme.test`,
        event,
        timestamp: at,
        properties: { plan: one.plan },
      })),
    ),
  }));

const RULES: readonly Properties[] = [
  {},
  {},
  {},
  {},
  { properties: { hidden: ['ssn', 'email'] } },
  { properties: { visible: ['plan', 'tenant_id', 'name'] } },
  { properties: { hidden: ['plan'], distinct_ids: 'hidden' } },
];
const SLICES: readonly Properties[] = [
  { slice: { property: 'tenant_id', value: 'acme' } },
  { slice: { property: 'tenant_id', value: ['acme', 'acme-west'] } },
];

export const scenes: fc.Arbitrary<Scene> = fc.record({
  own,
  left: others('left'),
  right: others('right'),
  record: fc
    .tuple(fc.constantFrom(...SLICES), fc.constantFrom(...RULES), fc.boolean())
    .map(([slice, rule, split]) => Object.assign({ split_out_of_slice: split }, slice, rule)),
  settings: fc.record({
    actors_cache: fc.boolean(),
    clickhouse_lag: fc.boolean(),
    // Only people of others: what could not be deleted of Acme's is sent again, and would reach a later scene.
    undeletable: fc.constantFrom([], [CYD.uuid]),
  }),
});
