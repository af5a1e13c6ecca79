/**
 * The two ways of asking PostHog for an insight: over random requests the query finds the persons that generation A's own
 * endpoint finds, for a whole project and for a slice, and each of them once over all pages.
 */
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { callOf, operationOf } from '../support/calls.ts';
import { SLICE } from '../support/generations.ts';
import { envelopeOf, followerOf, names } from '../support/listings.ts';
import { INSIGHT_REQUESTS, type Args } from '../support/properties/insight-requests.ts';
import { SEED } from '../support/properties/runs.ts';
import { KEY } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const stack = await startStack({ bindings: { POSTHOG_GENERATION: 'A' } });
const { get, sandbox, tenants } = stack;

/** Of each insight: a thousand requests in all, and those of which the pages are followed too. */
const REQUESTS_EACH = 200;
const PAGED_EACH = 10;
const PATIENCE_MS = 300_000;

let whole = '';
let sliced = '';
const acmes = new Set<string>();
beforeAll(async () => {
  // A key of before March 2026, to which generation A's endpoints answer.
  await sandbox.reset({ generation: 'A', keys: [{ key: KEY, scopes: [] }], nested_quirks: false });
  whole = (await tenants.fresh({ slice: null })).token;
  sliced = (await tenants.fresh(SLICE)).token;
  for (const { uuid, properties } of (await sandbox.state()).persons) {
    if (properties['tenant_id'] === 'acme') acmes.add(uuid);
  }
});

const sorted = (uuids: readonly unknown[]): string[] => uuids.map(String).toSorted();

test.each(Object.entries(INSIGHT_REQUESTS))(
  'The operation %s finds by a query the persons that the endpoint of PostHog finds',
  async (id, requests) => {
    const limit = id === 'persons_funnel_correlation' ? 'funnel_correlation_person_limit' : 'limit';
    const targetOf = (args: Args, size: number): string =>
      callOf(operationOf(id), 'GET', { args: { ...args, [limit]: size } }).target;
    let empty = 0;
    for (const [nth, args] of fc.sample(requests, { seed: SEED, numRuns: REQUESTS_EACH }).entries()) {
      const target = targetOf(args, 1000);
      const theirs = names(envelopeOf(await sandbox.ask('GET', target)));
      const ours = names(envelopeOf(await get(whole, target)));
      expect(sorted(ours), JSON.stringify(args)).toEqual(sorted(theirs));
      const own = theirs.filter((uuid) => acmes.has(String(uuid)));
      expect(sorted(names(envelopeOf(await get(sliced, target)))), JSON.stringify(args)).toEqual(sorted(own));
      if (theirs.length === 0) empty += 1;
      if (nth >= PAGED_EACH) continue;
      for (const [token, all] of [
        [whole, theirs],
        [sliced, own],
      ] as const) {
        const { rows } = await followerOf(stack, token).follow(await get(token, targetOf(args, 3)));
        expect(rows).toHaveLength(all.length);
        expect(sorted(rows)).toEqual(sorted(all));
      }
    }
    // Or the above would say little.
    expect(empty).toBeLessThan(REQUESTS_EACH * 0.85);
  },
  PATIENCE_MS,
);
