/** The insights over HTTP, in every generation of PostHog, with a key as PostHog makes them: the right persons. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, CYD, MIA } from '../../src/sandbox/seed/names.ts';
import { callOf } from '../support/calls.ts';
import { PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { envelopeOf, names, PAID, SIGNED_UP, VIEWED, type Args } from '../support/listings.ts';
import { KEY } from '../support/secrets.ts';

const worlds = await startWorlds({});
const keys = [{ key: KEY, scopes: ['person:read', 'person:write', 'query:read'] }];

describe.each(worlds.map((world) => [world.generation, world] as const))('Generation %s', (_, world) => {
  beforeEach(() => world.reset({ keys }));
  test('x', async () => {
    const { token } = await world.tenants.fresh();
    for (const id of ['persons_funnel', 'persons_funnel_correlation', 'persons_lifecycle', 'persons_stickiness', 'persons_trends']) {
      const call = callOf(id);
      const answer = await world.send(call.method, call.target, { token, ...(call.json === undefined ? {} : { json: call.json }) });
      console.log(id, answer.status, answer.text.slice(0, 700));
    }
  });
});
