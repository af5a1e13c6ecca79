/** Which persons have a tombstone, after any sequence of additions and ends. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Tombstones, type Tombstone } from '../../src/core/shield/tombstones.ts';

const SEED = 20261126;
const UUIDS = [1, 2, 3, 4].map((nth) => `0190c0de-0000-7000-8000-00000000000${nth}`);
const DISTINCT_IDS = ['ada', 'bob', 'cyd'];

const tombstone = (key: string, by: Tombstone['by'], ...ids: string[]): Tombstone => ({ key, by, ids });
const made = (...added: Tombstone[]): Tombstones => {
  const tombstones = new Tombstones();
  tombstones.apply({ added, ended: [] });
  return tombstones;
};

describe('Tombstones', () => {
  test('A person has a tombstone by its UUID, in whichever letters, or by one of its distinct ids', () => {
    const tombstones = made(
      tombstone('a', 'uuids', '0190C0DE-0000-7000-8000-000000000001'),
      tombstone('b', 'distinct_ids', 'bob'),
    );
    expect(tombstones.cover({ uuid: UUIDS[0] ?? '' })).toBe(true);
    expect(tombstones.cover({ uuid: UUIDS[1] ?? '', distinct_ids: ['robert', 'bob'] })).toBe(true);
    expect(tombstones.cover({ uuid: UUIDS[1] ?? '', distinct_ids: ['ada', 'BOB'] })).toBe(false);
    expect(tombstones.coverDistinctId('bob')).toBe(true);
  });

  test.each([
    undefined,
    null,
    'text',
    7,
    [],
    {},
    { uuid: 7 },
    { distinct_ids: 'bob' },
    { distinct_ids: [7] },
  ])('The value %j, which is no person, has no tombstone', (value) => {
    expect(made(tombstone('b', 'distinct_ids', 'bob')).cover(value)).toBe(false);
  });

  test('A person has a tombstone exactly as long as one of those that name the person has not ended', () => {
    const stone = fc.oneof(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c'),
        by: fc.constant('uuids' as const),
        ids: fc.uniqueArray(fc.constantFrom(...UUIDS), { minLength: 1 }),
      }),
      fc.record({
        key: fc.constantFrom('d', 'e'),
        by: fc.constant('distinct_ids' as const),
        ids: fc.uniqueArray(fc.constantFrom(...DISTINCT_IDS), { minLength: 1 }),
      }),
    );
    const news = fc.record({
      added: fc.array(stone, { maxLength: 3 }),
      ended: fc.subarray(['a', 'b', 'c', 'd', 'e']),
    });
    fc.assert(
      fc.property(fc.array(news, { maxLength: 12 }), (steps) => {
        const tombstones = new Tombstones();
        const expected = new Map<string, Tombstone>();
        for (const step of steps) {
          tombstones.apply(step);
          for (const key of step.ended) expected.delete(key);
          for (const one of step.added) if (!expected.has(one.key)) expected.set(one.key, one);
        }
        const named = new Set([...expected.values()].flatMap(({ ids }) => ids));
        for (const uuid of UUIDS) expect(tombstones.cover({ uuid })).toBe(named.has(uuid));
        for (const id of DISTINCT_IDS) expect(tombstones.cover({ distinct_ids: [id] })).toBe(named.has(id));
        expect(tombstones.keys.toSorted()).toEqual([...expected.keys()].toSorted());
        expect(tombstones.isEmpty).toBe(expected.size === 0);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
