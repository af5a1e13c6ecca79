/** Where the objects of a gateway live, and which of these places fit together. */
import * as z from 'zod/mini';

/** Jurisdictions that the platform holds objects to. */
const JURISDICTIONS = ['eu', 'fedramp'] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** Places that the platform takes as a hint for an object that does not exist yet. All that it has. */
export const LOCATIONS = [
  'wnam',
  'enam',
  'sam',
  'weur',
  'eeur',
  'apac',
  'apac-ne',
  'apac-se',
  'oc',
  'afr',
  'me',
] as const;
export type Location = (typeof LOCATIONS)[number];

export interface Placement {
  /** Where objects are held to; null: nowhere. */
  readonly jurisdiction: Jurisdiction | null;
  /** Where a new object is to stand; null: near the request that makes it. */
  readonly location: Location | null;
}

const INSIDE: Readonly<Record<Jurisdiction, readonly Location[]>> = {
  eu: ['weur', 'eeur'],
  fedramp: ['wnam', 'enam'],
};

/** A predicate about the location where it is outside of the jurisdiction; null where the two fit together. */
export function placementProblem({ jurisdiction, location }: Placement): string | null {
  if (jurisdiction === null || location === null || INSIDE[jurisdiction].includes(location)) return null;
  return `must be ${INSIDE[jurisdiction].join(' or ')} with OBJECTS_JURISDICTION ${jurisdiction}, or empty`;
}

export const ObjectsJurisdiction = z.pipe(
  z._default(z.enum(['', ...JURISDICTIONS], { error: 'must be eu, fedramp, or empty' }), ''),
  z.transform((text): Jurisdiction | null => (text === '' ? null : text)),
);

export const ObjectsLocation = z.pipe(
  z._default(z.enum(['', ...LOCATIONS], { error: `must be one of ${LOCATIONS.join(', ')}, or empty` }), ''),
  z.transform((text): Location | null => (text === '' ? null : text)),
);
