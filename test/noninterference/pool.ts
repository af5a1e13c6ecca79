/** Whom a tenant can name: its own people, others of either world, both at once where they were merged, and nobody. */
import * as fc from 'fast-check';
import {
  ADA,
  anonymousId,
  BEN,
  CYD,
  DOV,
  GHOST,
  MIA,
  NIL,
  OTHER_ADA,
  PIA,
  seededId,
  seededUuid,
} from '../../src/sandbox/seed/names.ts';
import { OTHERS_MAX, otherUuid, type Scene } from './scenes.ts';

export interface Pool {
  readonly uuids: fc.Arbitrary<string>;
  readonly distinctIds: fc.Arbitrary<string>;
  /** Distinct ids, often of persons of others who were deleted and are back. */
  readonly reused: fc.Arbitrary<string>;
  /** Numbers and UUIDs. */
  readonly refs: fc.Arbitrary<string>;
}

interface Names {
  readonly uuids: readonly string[];
  readonly numbers: readonly number[];
  readonly distinctIds: readonly string[];
}

/** The number after those of the seeded people: who is added first gets it. */
const FIRST_ADDED = seededId(2, 16);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, nth) => nth);

const OWN_SEEDED = [12, 16, 20, 24, 28].map((nth) => nth);
const KNOWN_OTHERS = [CYD, DOV, NIL, GHOST];

function ownNames({ own }: Scene): Names {
  const known = [ADA, BEN, MIA];
  return {
    uuids: [
      ...known.map(({ uuid }) => uuid),
      ...OWN_SEEDED.map((nth) => seededUuid(1, nth)),
      ...own.people.map(({ uuid }) => uuid),
    ],
    numbers: [
      ...known.map(({ id }) => id),
      ...OWN_SEEDED.map((nth) => seededId(1, nth)),
      ...own.people.map((_, nth) => FIRST_ADDED + nth),
    ],
    distinctIds: [
      ...known.flatMap(({ distinctIds }) => distinctIds),
      ...own.people.flatMap(({ distinct_ids: ids }) => ids),
    ],
  };
}

/** Of either world: what is there in one only is what must not be told from what is in neither. */
function otherNames({ own, left, right }: Scene): Names {
  const added = [...left.people, ...right.people];
  return {
    uuids: [
      ...KNOWN_OTHERS.map(({ uuid }) => uuid),
      seededUuid(1, 9),
      seededUuid(1, 10),
      OTHER_ADA.uuid,
      PIA.uuid,
      ...added.map(({ uuid }) => uuid),
    ],
    numbers: [
      ...KNOWN_OTHERS.map(({ id }) => id),
      OTHER_ADA.id,
      ...upTo(Math.max(left.people.length, right.people.length, 1)).map(
        (nth) => FIRST_ADDED + own.people.length + nth,
      ),
    ],
    distinctIds: [
      ...KNOWN_OTHERS.flatMap(({ distinctIds }) => distinctIds),
      ...PIA.distinctIds,
      ...added.flatMap(({ distinct_ids: ids }) => ids),
    ],
  };
}

const NOBODY: Names = {
  uuids: [otherUuid(OTHERS_MAX + 1), seededUuid(1, 900)],
  numbers: [999_999, 100_900],
  distinctIds: ['nobody@acme.test', anonymousId(1, 999)],
};

export function poolOf(scene: Scene): Pool {
  const [own, others] = [ownNames(scene), otherNames(scene)];
  const drawn = <T>(of: (names: Names) => readonly T[]): fc.Arbitrary<T> =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...of(own)) },
      { weight: 4, arbitrary: fc.constantFrom(...of(others)) },
      { weight: 1, arbitrary: fc.constantFrom(...of(NOBODY)) },
    );
  const uuids = drawn((names) => names.uuids);
  const numbers = drawn((names) => names.numbers);
  const distinctIds = drawn((names) => names.distinctIds);
  const back = [...scene.left.back, ...scene.right.back].map(({ distinct_id: id }) => id);
  return {
    uuids,
    distinctIds,
    reused: back.length === 0 ? distinctIds : fc.oneof(distinctIds, fc.constantFrom(...back)),
    refs: fc.oneof(uuids, numbers.map(String)),
  };
}
