/** Names the seeded world is sure to contain, for tests and documents to refer to. */

/** The two projects and their public tokens; `?token=` with one of these switches to that project. */
export const PROJECTS = [
  { id: 1, name: 'Hedgerow demo', token: 'phc_sandbox_project_1' },
  { id: 2, name: 'Somebody else', token: 'phc_sandbox_project_2' },
] as const;

/** The values of the person property `tenant_id`. */
export const TENANTS = ['acme', 'birch', 'cedar'] as const;

/** How many persons a fresh world has in each project. */
export const PERSONS_IN_PROJECT: Readonly<Record<1 | 2, number>> = { 1: 40, 2: 15 };

/** A seeded person everybody may rely on, whatever the seed number. */
export interface WellKnown {
  readonly id: number;
  readonly uuid: string;
  readonly projectId: 1 | 2;
  readonly distinctIds: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/** The UUID of the nth seeded person of a project. */
export function seededUuid(projectId: number, index: number): string {
  return `0190c0de-${String(projectId).padStart(4, '0')}-7000-8000-${String(index).padStart(12, '0')}`;
}

/** The numeric id of the nth seeded person of a project. */
export function seededId(projectId: number, index: number): number {
  return projectId * 100_000 + index;
}

/** A distinct id as PostHog's own library makes them up. */
export function anonymousId(projectId: number, index: number): string {
  return `0190a707-${String(projectId).padStart(4, '0')}-7000-9000-${String(index).padStart(12, '0')}`;
}

function wellKnown(
  projectId: 1 | 2,
  index: number,
  distinctIds: readonly string[],
  properties: Readonly<Record<string, string>>,
): WellKnown {
  return {
    id: seededId(projectId, index),
    uuid: seededUuid(projectId, index),
    projectId,
    distinctIds,
    properties,
  };
}

/** Acme's; pro; has an ssn; signed up, watched a video and paid, in that order, within three days. */
export const ADA = wellKnown(1, 1, ['ada@acme.test', anonymousId(1, 1)], {
  name: 'Ada Amberley',
  email: 'ada@acme.test',
  tenant_id: 'acme',
  plan: 'pro',
  ssn: '078-05-1120',
});

/** Acme's; free; signed up and watched a video, and never paid. */
export const BEN = wellKnown(1, 2, ['ben@acme.test'], {
  name: 'Ben Bramble',
  email: 'ben@acme.test',
  tenant_id: 'acme',
  plan: 'free',
});

/** Birch's; pro; signed up, watched a video and paid. */
export const CYD = wellKnown(1, 3, ['cyd@birch.test', anonymousId(1, 3)], {
  name: 'Cyd Copse',
  email: 'cyd@birch.test',
  tenant_id: 'birch',
  plan: 'pro',
  ssn: '219-09-9999',
});

/** Cedar's; free; only signed up. */
export const DOV = wellKnown(1, 4, ['dov@cedar.test'], {
  name: 'Dov Dingle',
  email: 'dov@cedar.test',
  tenant_id: 'cedar',
  plan: 'free',
});

/**
 * Merged over two tenants' distinct ids: Acme's by property, and one id is an address of Birch's. Signed up, paid, and
 * watched the video afterwards.
 */
export const MIA = wellKnown(1, 5, ['mia@acme.test', 'mia@birch.test', anonymousId(1, 5)], {
  name: 'Mia Merged',
  email: 'mia@acme.test',
  tenant_id: 'acme',
  plan: 'pro',
});

/** Nobody's: has no tenant_id. Signed up and paid without a video. */
export const NIL = wellKnown(1, 6, ['nil@elsewhere.test'], {
  name: 'Nil Nobody',
  email: 'nil@elsewhere.test',
  plan: 'free',
});

/** Without a single property: only an anonymous distinct id. */
export const GHOST = wellKnown(1, 7, [anonymousId(1, 7)], {});

/** The project's own staff, whom `filter_test_accounts` leaves out; viewed one page. */
export const STAFF = wellKnown(1, 8, ['sam@staff.test'], {
  name: 'Sam Staff',
  email: 'sam@staff.test',
  plan: 'pro',
});

/** In the other project, under the same distinct id as Ada and for the same tenant. */
export const OTHER_ADA = wellKnown(2, 1, ['ada@acme.test'], {
  name: 'Ada Elsewhere',
  email: 'ada@acme.test',
  tenant_id: 'acme',
  plan: 'free',
});

/** In the other project, Birch's. */
export const PIA = wellKnown(2, 2, ['pia@birch.test'], {
  name: 'Pia Pasture',
  email: 'pia@birch.test',
  tenant_id: 'birch',
  plan: 'pro',
});

/** Every person named above. */
export const WELL_KNOWN: readonly WellKnown[] = [ADA, BEN, CYD, DOV, MIA, NIL, GHOST, STAFF, OTHER_ADA, PIA];

/** Actions, each of one event: signing up and paying in project 1, paying in project 2. */
export const ACTIONS = {
  signedUp: { id: 31, projectId: 1, event: 'signed up' },
  paid: { id: 32, projectId: 1, event: 'paid' },
  otherPaid: { id: 41, projectId: 2, event: 'paid' },
} as const;

/** The group each tenant's events belong to; its key is made from the tenant. Events of no tenant have no group. */
export function groupKey(tenant: string): string {
  return `org_${tenant}`;
}

/** Cohorts: everybody on the pro plan, and Birch's, in project 1; the pro plan in project 2. */
export const COHORTS = {
  pro: { id: 11, projectId: 1, name: 'Pro customers' },
  birch: { id: 12, projectId: 1, name: "Birch's people" },
  otherPro: { id: 21, projectId: 2, name: 'Pro customers elsewhere' },
} as const;
