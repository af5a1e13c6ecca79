/** What an isolate remembers of leases. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { Leases } from '../../src/http/leases.ts';
import type { Admission } from '../../src/objects/tenant/tenant.ts';
import { admission, principal } from '../support/model/tenant-rate.ts';

/** An isolate whose clock the test moves. */
function isolate(tokensMax?: number) {
  const clock = { ms: 1_795_000_000_000 };
  const leases = new Leases(() => clock.ms, tokensMax);
  return { clock, leases };
}

const leaseOf = (requests: number): Admission =>
  admission([], { id: `of ${requests}`, requests, termMs: LIMITS.leaseTermMs });

/** Asks, and is given a lease at once. */
function given(leases: Leases, holder = principal(), requests = 3) {
  leases.answered(holder, leases.ask(holder, 1), 1, leaseOf(requests));
  return holder;
}

describe('Leases of an isolate', () => {
  test('A lease admits as many requests as it has, and no more', () => {
    const { leases } = isolate();
    const holder = given(leases);
    expect(leases.use(holder, 2)).toEqual(leaseOf(3));
    expect(leases.use(holder, 2)).toBeNull();
    expect(leases.use(holder, 1)).not.toBeNull();
    expect(leases.use(holder, 1)).toBeNull();
  });

  test('A lease admits nothing once its term is over, counted from the question', () => {
    const { clock, leases } = isolate();
    const holder = principal();
    const asking = leases.ask(holder, 1);
    clock.ms += LIMITS.leaseTermMs / 2;
    leases.answered(holder, asking, 1, leaseOf(3));
    expect(leases.use(holder, 1)).not.toBeNull();
    clock.ms += LIMITS.leaseTermMs / 2;
    expect(leases.use(holder, 1)).toBeNull();
  });

  test('A lease of one token admits nothing for another, not even with the same id', () => {
    const { leases } = isolate();
    given(leases);
    expect(leases.use(principal(), 1)).toBeNull();
  });

  test('A clock that was set back ends every lease, and those that are asked for', () => {
    const { clock, leases } = isolate();
    const [holder, other] = [given(leases), principal()];
    const asking = leases.ask(other, 1);
    clock.ms -= 60_000;
    expect(leases.use(holder, 1)).toBeNull();
    clock.ms += 60_000;
    leases.answered(other, asking, 1, leaseOf(3));
    expect([leases.use(holder, 1), leases.use(other, 1)]).toEqual([null, null]);
  });

  test('A clock that two requests read in another order ends no lease', () => {
    const { clock, leases } = isolate();
    const holder = given(leases);
    clock.ms -= 2;
    expect(leases.use(holder, 1)).not.toBeNull();
  });

  test('One question of a token asks for a lease at a time, and another one may when it was not answered for a term', () => {
    const { clock, leases } = isolate();
    const holder = principal();
    expect(leases.ask(holder, 1).ask).not.toBeNull();
    expect(leases.ask(holder, 1).ask).toBeNull();
    clock.ms += LIMITS.leaseTermMs;
    expect(leases.ask(holder, 1).ask).not.toBeNull();
  });

  test('A question that was refused or failed makes room for the next', () => {
    const { leases } = isolate();
    const holder = principal();
    leases.answered(holder, leases.ask(holder, 1), 1, null);
    expect(leases.ask(holder, 1).ask).toEqual({ used: 0, returned: null });
  });

  test('A question says how much was used in the last term, and gives back what was not', () => {
    const { clock, leases } = isolate();
    const holder = given(leases);
    leases.use(holder, 1);
    expect(leases.ask(holder, 5).ask).toEqual({ used: 2, returned: { id: 'of 3', unused: 2 } });
    clock.ms += 2 * LIMITS.leaseTermMs;
    expect(leases.ask(holder, 5).ask).toEqual({ used: 0, returned: null });
  });

  test('A question that spends nothing asks for no lease', () => {
    const { leases } = isolate();
    expect(leases.ask(principal(), 0).ask).toBeNull();
  });

  test('An object of the version before, which says nothing of leases, gives none', () => {
    const { leases } = isolate();
    const holder = principal();
    const { lease: _, ...old } = admission([], null);
    leases.answered(holder, leases.ask(holder, 1), 1, old as Admission);
    expect(leases.use(holder, 1)).toBeNull();
  });

  test('The tokens that are remembered are bounded, and the one used longest ago is forgotten', () => {
    const { leases } = isolate(2);
    const [first, second] = [given(leases), given(leases)];
    leases.use(first, 1);
    const third = given(leases);
    expect(leases.use(second, 1)).toBeNull();
    expect(leases.use(first, 1)).not.toBeNull();
    expect(leases.use(third, 1)).not.toBeNull();
  });
});
