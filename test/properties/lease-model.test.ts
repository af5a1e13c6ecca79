/** Leases and revocation, in every order of events: no isolate admits a request once the revocation is answered. */
import { expect, describe, test } from 'vitest';
import { BEGIN, keyOf, MISTAKES, nextOf, type Mistake, type World } from '../support/model/lease-world.ts';

interface Searched {
  readonly worlds: number;
  /** The first world that broke the promise, if one did. */
  readonly broken: World | null;
  /** Worlds in which the revocation is answered. */
  readonly answered: number;
  /** Worlds in which an isolate could admit without asking. */
  readonly leased: number;
}

/** Goes through every world that can come about. */
function search(mistake: Mistake): Searched {
  const seen = new Set([keyOf(BEGIN)]);
  let [worlds, answered, leased] = [0, 0, 0];
  let rest: World[] = [BEGIN];
  while (rest.length > 0) {
    const following: World[] = [];
    for (const world of rest) {
      worlds += 1;
      if (world.broken) return { worlds, broken: world, answered, leased };
      if (world.answered) answered += 1;
      if (world.isolates.some(({ use }) => (use.lease?.left ?? 0) > 0)) leased += 1;
      for (const next of nextOf(world, mistake)) {
        const key = keyOf(next);
        if (seen.has(key)) continue;
        seen.add(key);
        following.push(next);
      }
    }
    rest = following;
  }
  return { worlds, broken: null, answered, leased };
}

describe('Every order of leases, revocations, late and lost messages, and restarts', () => {
  test('No isolate admits a request by a lease once the revocation is answered', () => {
    const { worlds, broken, answered, leased } = search('none');
    expect(broken).toBeNull();
    expect(worlds).toBeGreaterThan(10_000);
    expect(answered).toBeGreaterThan(1000);
    expect(leased).toBeGreaterThan(1000);
  });

  test.each(MISTAKES)('The search finds what is wrong where %s', (mistake) => {
    expect(search(mistake).broken).not.toBeNull();
  });
});
