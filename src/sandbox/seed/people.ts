import { DAY_MS } from '../filters/dates.ts';
import type { NewPerson } from '../store/persons/changes.ts';
import { hasChosenId } from '../store/persons/distinct-ids.ts';
import { anonymousId, PERSONS_IN_PROJECT, seededId, seededUuid, TENANTS, WELL_KNOWN } from './names.ts';
import type { Random } from './random.ts';

/** Makes up the persons of a world: the well-known ones, then the rest from the seed number. */

const FIRST = [
  'Alder',
  'Bryony',
  'Clover',
  'Fern',
  'Hazel',
  'Ivy',
  'Jasper',
  'Linden',
  'Olive',
  'Rowan',
  'Sorrel',
] as const;
const LAST = [
  'Ashdown',
  'Brook',
  'Croft',
  'Dale',
  'Field',
  'Grove',
  'Heath',
  'Mead',
  'Stile',
  'Thicket',
] as const;

/** Ages are spread over this many days, so that the newest persons fall inside the usual ranges of an insight. */
const SPREAD_DAYS = 12;

function madeUp(projectId: 1 | 2, index: number, createdAt: number, random: Random): NewPerson {
  const [first, last] = [random.pick(FIRST), random.pick(LAST)];
  // Whose a person is depends on the index alone, so that counts per tenant hold for every seed number.
  const tenant = TENANTS[index % (TENANTS.length + 1)];
  const email = `${first}.${last}.${String(index)}@${tenant ?? 'elsewhere'}.test`.toLowerCase();
  const properties = {
    name: `${first} ${last}`,
    email,
    ...(tenant === undefined ? {} : { tenant_id: tenant }),
    plan: random.pick(['free', 'free', 'pro', 'team']),
    ...(random.below(4) === 0 ? { ssn: `900-${String(10 + random.below(90))}-${String(1000 + index)}` } : {}),
  };
  const anonymous = [anonymousId(projectId, index), anonymousId(projectId, 1000 + index)].slice(
    0,
    random.below(3),
  );
  return {
    id: seededId(projectId, index),
    uuid: seededUuid(projectId, index),
    projectId,
    distinctIds: [email, ...anonymous],
    properties,
    createdAt,
    lastSeenAt: createdAt + DAY_MS,
    isIdentified: true,
  };
}

/** When the nth person of a project came: later numbers are older, and two in a row sometimes tie. */
function arrival(index: number, count: number, now: number): number {
  const step = Math.floor((SPREAD_DAYS * DAY_MS) / count);
  return now - DAY_MS - step * (index % 10 === 9 ? index - 1 : index);
}

/** Everybody of one project, in order of index. */
export function makePeople(projectId: 1 | 2, now: number, random: Random): NewPerson[] {
  const second = Math.floor(now / 1000) * 1000;
  const count = PERSONS_IN_PROJECT[projectId];
  return Array.from({ length: count }, (_, offset) => {
    const index = offset + 1;
    const known = WELL_KNOWN.find((person) => person.id === seededId(projectId, index));
    if (known === undefined) return madeUp(projectId, index, arrival(index, count, second), random);
    // The well-known came ten days ago, a minute apart: before anything they are known to have done.
    const createdAt = second - 10 * DAY_MS - index * 60_000;
    const isIdentified = hasChosenId(known.distinctIds);
    const properties = { ...known.properties };
    return { ...known, properties, createdAt, lastSeenAt: second - DAY_MS, isIdentified };
  });
}
