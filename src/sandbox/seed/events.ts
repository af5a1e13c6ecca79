import { DAY_MS } from '../filters/dates.ts';
import type { Properties } from '../store/json.ts';
import type { NewPerson } from '../store/persons/changes.ts';
import { ADA, BEN, CYD, DOV, MIA, NIL, STAFF } from './names.ts';
import type { Random } from './random.ts';

/** What the people of a world did, over about the last fortnight. */

/** An event to be added for a person. */
export interface Deed {
  readonly distinctId: string;
  readonly event: string;
  readonly at: number;
  readonly properties: Properties;
}

const HOUR_MS = 3_600_000;
const BROWSERS = ['Firefox', 'Chrome', 'Safari'] as const;

/** Days before now on which the well-known did what they are known for. */
const KNOWN: readonly { readonly id: number; readonly deeds: readonly (readonly [string, number])[] }[] = [
  {
    id: ADA.id,
    deeds: [
      ['signed up', 9],
      ['watched video', 8],
      ['paid', 7],
      ['$pageview', 2],
      ['$pageview', 1],
    ],
  },
  {
    id: BEN.id,
    deeds: [
      ['signed up', 9],
      ['watched video', 8],
      ['$pageview', 1],
    ],
  },
  {
    id: CYD.id,
    deeds: [
      ['signed up', 9],
      ['watched video', 7],
      ['paid', 6],
      ['$pageview', 3],
    ],
  },
  { id: DOV.id, deeds: [['signed up', 9]] },
  {
    id: MIA.id,
    deeds: [
      ['signed up', 9],
      ['paid', 8],
      ['watched video', 7],
    ],
  },
  {
    id: NIL.id,
    deeds: [
      ['signed up', 9],
      ['paid', 5],
    ],
  },
  { id: STAFF.id, deeds: [['$pageview', 4]] },
];

function deed(person: NewPerson, event: string, at: number, browser: string): Deed {
  const distinctId = person.distinctIds[0] ?? '';
  return {
    distinctId,
    event,
    at,
    properties: { $browser: browser, plan: person.properties['plan'] ?? 'free' },
  };
}

function madeUp(person: NewPerson, now: number, random: Random): Deed[] {
  const browser = random.pick(BROWSERS);
  const deeds = [deed(person, 'signed up', person.createdAt + HOUR_MS, browser)];
  const days = Math.max(1, Math.floor((now - person.createdAt) / DAY_MS));
  for (let day = 0; day < days; day += 1) {
    const noon = person.createdAt + day * DAY_MS + (2 + random.below(8)) * HOUR_MS;
    if (random.below(3) > 0) deeds.push(deed(person, '$pageview', noon, browser));
    if (random.below(4) === 0) deeds.push(deed(person, 'watched video', noon + HOUR_MS, browser));
    if (random.below(8) === 0) deeds.push(deed(person, 'paid', noon + 2 * HOUR_MS, browser));
  }
  return deeds.filter((done) => done.at <= now);
}

/** Everything one person did. */
export function makeDeeds(person: NewPerson, now: number, random: Random): Deed[] {
  const known = KNOWN.find((entry) => entry.id === person.id);
  if (known !== undefined)
    return known.deeds.map(([event, days]) => deed(person, event, now - days * DAY_MS, 'Firefox'));
  // Who has no properties has done nothing either.
  if (Object.keys(person.properties).length === 0) return [];
  return madeUp(person, now, random);
}
