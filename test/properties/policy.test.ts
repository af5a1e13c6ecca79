/** A narrower token is never more able than its parent: for all grants, narrowings and calls. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkIgnoredFlags, checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { holdsScope } from '../../src/core/scopes.ts';
import { decide } from '../../src/policy/decide.ts';
import type { Grant, Narrowing } from '../../src/policy/grant.ts';
import { narrow, checkNarrower } from '../../src/policy/narrow.ts';
import type { Slice } from '../../src/policy/slice.ts';
import { askers, calls, chains, grants, narrowings, upstreams } from '../support/properties/grants.ts';
import { runs, SEED } from '../support/properties/runs.ts';

const RUNS = runs(400);

const within = <T>(inner: readonly T[], outer: readonly T[]) => inner.every((item) => outer.includes(item));

/** Does the grant let the property leave? */
const seen = (grant: Grant) => (name: string) =>
  !grant.hidden.includes(name) && (grant.visible === null || grant.visible.includes(name));

/** Is it an origin or a pattern that the grant lists, or one that its pattern is made for? */
const metBy = ({ origins }: Grant) => {
  const pattern = /^https:\/\/[a-z0-9-]+\.acme\.example$/;
  return (origin: string) =>
    origins.includes(origin) || (origins.includes('https://*.acme.example') && pattern.test(origin));
};

/** Does everybody a grant covers fulfil this condition? */
const heldBy = ({ slices }: Grant, condition: Slice): boolean =>
  slices.some((slice) => slice.property === condition.property && within(slice.values, condition.values));

/** The members in which a grant can do more than another. Written without looking at how narrowing is done. */
function widerIn(child: Grant, parent: Grant): string[] {
  const flags = (['events', 'recordings'] as const).filter(
    (what) => child.deletes[what] && !parent.deletes[what],
  );
  const shown = ['email', 'plan', 'ssn', 'phone', 'another'].filter(seen(child));
  return [
    ...(child.project_id === parent.project_id ? [] : ['project_id']),
    ...(child.scopes.every((scope) => holdsScope(parent.scopes, scope)) ? [] : ['scopes']),
    ...(parent.slices.every((slice) => heldBy(child, slice)) ? [] : ['slices']),
    ...(child.split_out_of_slice && !parent.split_out_of_slice ? ['split_out_of_slice'] : []),
    ...(parent.distinct_ids_hidden && !child.distinct_ids_hidden ? ['distinct_ids'] : []),
    ...(shown.every(seen(parent)) ? [] : ['properties']),
    ...(child.visible === null && parent.visible !== null ? ['visible'] : []),
    ...(child.rate.requests_per_minute > parent.rate.requests_per_minute ? ['requests_per_minute'] : []),
    ...(child.rate.burst > parent.rate.burst ? ['burst'] : []),
    ...(child.deletes.persons_per_day > parent.deletes.persons_per_day ? ['persons_per_day'] : []),
    ...flags,
    ...(child.origins.every(metBy(parent)) ? [] : ['origins']),
  ];
}

/** What a grant can do, without the order its lists happen to have. */
const powerOf = (grant: Grant) => ({
  ...grant,
  scopes: grant.scopes.toSorted(),
  slices: grant.slices.map((slice) => JSON.stringify(slice)).toSorted(),
  hidden: grant.hidden.toSorted(),
  visible: grant.visible?.toSorted() ?? null,
  origins: grant.origins.toSorted(),
});

const chainOf = (grant: Grant, chain: readonly Narrowing[]) => chain.reduce(narrow, grant);

test(`The properties of this file run with seed ${SEED}`, () => {
  expect(Number.isSafeInteger(SEED)).toBe(true);
});

describe('Narrowing', () => {
  test('Narrowing widens no member, whatever is asked for, however often', () => {
    fc.assert(
      fc.property(grants, chains, (grant, chain) => {
        expect(widerIn(chainOf(grant, chain), grant)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('Narrowing the same way twice is narrowing once', () => {
    fc.assert(
      fc.property(grants, narrowings, (grant, by) => {
        const once = narrow(grant, by);
        expect(powerOf(narrow(once, by))).toEqual(powerOf(once));
      }),
      RUNS,
    );
  });

  test('Narrowing in another order comes to the same power', () => {
    const shuffled = fc
      .array(narrowings, { maxLength: 4 })
      .chain((chain) =>
        fc.tuple(
          fc.constant(chain),
          fc.shuffledSubarray(chain, { minLength: chain.length, maxLength: chain.length }),
        ),
      );
    fc.assert(
      fc.property(grants, shuffled, (grant, [chain, other]) => {
        expect(powerOf(chainOf(grant, other))).toEqual(powerOf(chainOf(grant, chain)));
      }),
      RUNS,
    );
  });

  test('Narrowing holds when the parent is narrowed later: the parent counts as it is now', () => {
    fc.assert(
      fc.property(grants, narrowings, narrowings, (grant, byToken, byOperator) => {
        const child = narrow(narrow(grant, byOperator), byToken);
        expect(widerIn(child, narrow(grant, byOperator))).toEqual([]);
        expect(widerIn(child, narrow(grant, byToken))).toEqual([]);
      }),
      RUNS,
    );
  });

  test('Narrowing leaves its input as it was', () => {
    fc.assert(
      fc.property(grants, narrowings, (grant, by) => {
        const before = JSON.stringify([grant, by]);
        narrow(grant, by);
        expect(JSON.stringify([grant, by])).toBe(before);
      }),
      RUNS,
    );
  });
});

describe('Requests for a token', () => {
  test('A request that is let through is granted in full: nothing is cut without a word', () => {
    fc.assert(
      fc.property(grants, narrowings, (grant, by) => {
        if (!checkNarrower(grant, by).ok) return;
        const child = narrow(grant, by);
        if (by.scopes !== undefined) expect(child.scopes.toSorted()).toEqual(by.scopes.toSorted());
        if (by.origins !== undefined) expect(child.origins.toSorted()).toEqual(by.origins.toSorted());
        if (by.rate !== undefined) expect(child.rate).toEqual(by.rate);
        expect(child.deletes).toMatchObject(by.deletes ?? {});
        if (by.properties?.visible !== undefined) {
          expect(child.visible?.toSorted()).toEqual(by.properties.visible.toSorted());
        }
      }),
      RUNS,
    );
  });

  test('A request that is refused asks for more in the member that is named', () => {
    fc.assert(
      fc.property(grants, narrowings, (grant, by) => {
        const asked = checkNarrower(grant, by);
        if (asked.ok) return;
        expect(asked.failure.code).toBe('grant_exceeds_parent');
        const [top, below] = (asked.failure.attr ?? '').split('.');
        const member: unknown = Reflect.get(by, top ?? '');
        const value: unknown = below === undefined ? member : Reflect.get(Object(member), below);
        // Without that member the ask gets further, or through.
        expect(value).toBeDefined();
        const { [top as keyof Narrowing]: _, ...rest } = by;
        const again = checkNarrower(grant, rest);
        expect(again.ok || again.failure.attr !== asked.failure.attr).toBe(true);
      }),
      RUNS,
    );
  });
});

const verdict = (grant: Grant, ...asked: Asked) => decide(grant, ...asked).verdict;

type Asked = Parameters<typeof decide> extends [Grant, ...infer Rest] ? Rest : never;

describe('Decisions', () => {
  test('A decision for a narrower grant is never allow where the wider grant is denied', () => {
    let allowed = 0;
    fc.assert(
      fc.property(
        grants,
        fc.array(narrowings, { maxLength: 3 }),
        askers,
        calls,
        upstreams,
        (grant, chain, caller, call, upstream) => {
          if (verdict(chainOf(grant, chain), caller, call, upstream) === 'deny') return;
          allowed += 1;
          expect(verdict(grant, caller, call, upstream)).toBe('allow');
        },
      ),
      runs(1500),
    );
    // Or the above would say nothing.
    expect(allowed).toBeGreaterThan(50);
  });

  test('A decision is the same every time, and a denial has a code of the list', () => {
    fc.assert(
      fc.property(grants, askers, calls, upstreams, (grant, caller, call, upstream) => {
        const first = decide(grant, caller, call, upstream);
        expect(decide(grant, caller, call, upstream)).toEqual(first);
        if (first.verdict === 'deny') {
          expect(first.failure.code).toMatch(
            /^(?:project_not_granted|origin_not_allowed|scope_missing|delete_flag_not_granted|project_not_current|not_sliceable|property_hidden|operation_removed|generation_lacks)$/,
          );
          expect(first.failure.detail).not.toBe('');
        }
      }),
      RUNS,
    );
  });

  test('A decision is allow with the project, the origin, every scope and every flag, where nothing is sliced or hidden', () => {
    fc.assert(
      fc.property(grants, askers, calls, upstreams, (grant, caller, call, upstream) => {
        const flags = call.kind === 'delete' ? call.deletion.flags : null;
        const narrowed =
          grant.slices.length + grant.hidden.length > 0 ||
          grant.visible !== null ||
          grant.distinct_ids_hidden;
        const elsewhere =
          call.operation.ownersProject.includes(upstream.generation) &&
          upstream.ownersProject !== null &&
          upstream.ownersProject !== call.projectId;
        const most =
          grant.project_id === call.projectId &&
          caller.projectId === call.projectId &&
          (caller.origin === null || metBy(grant)(caller.origin)) &&
          within(call.operation.scopes, grant.scopes) &&
          (flags?.delete_events !== true || grant.deletes.events) &&
          (flags?.delete_recordings !== true || grant.deletes.recordings) &&
          !elsewhere &&
          checkAbsent(call.operation, upstream.generation) === null &&
          (call.kind !== 'delete' || checkIgnoredFlags(call.deletion, upstream.generation) === null);
        const said = verdict(grant, caller, call, upstream);
        // What a slice and what is hidden add is held to in policy-slices; they never let more through.
        if (!narrowed || !most) expect(said).toBe(most ? 'allow' : 'deny');
      }),
      runs(1500),
    );
  });
});
