/**
 * Trap 4: where PostHog answers for the project its key's owner has open, the gateway asks only where it knows that to
 * be the project of the path.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { GENERATIONS } from '../../src/catalogue/generation.ts';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { callOf, operationOf } from '../support/calls.ts';
import { SLICE, startGateway } from '../support/generations.ts';
import { LISTINGS, type Args } from '../support/listings.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const OWNERS = ['', '1', '2'] as const;
const stack = await startStack();
const gateways = await Promise.all(
  GENERATIONS.flatMap((generation) =>
    OWNERS.map(async (owners) => {
      const bindings = { POSTHOG_GENERATION: generation, POSTHOG_OWNERS_PROJECT: owners };
      return { generation, owners, gateway: await startGateway(stack, bindings) };
    }),
  ),
);

const argsOf = (id: string): Args => LISTINGS.find((listing) => listing.id === id)?.args ?? {};
const ASKED = [
  { id: 'persons_cohorts', generations: 'ABC', args: { person_id: ADA.uuid } },
  { id: 'persons_lifecycle', generations: 'A', args: argsOf('persons_lifecycle') },
  { id: 'persons_stickiness', generations: 'A', args: argsOf('persons_stickiness') },
];

describe.each(gateways)(
  'generation $generation, the owner’s project "$owners"',
  ({ generation, owners, gateway }) => {
    const { send, tenants, sandbox } = gateway;
    beforeEach(() => sandbox.reset({ generation }));

    test.each(ASKED)('trap 4: $id', async ({ id, generations, args }) => {
      const { method, target } = callOf(operationOf(id), 'GET', { args });
      const affected = generations.includes(generation);
      for (const sliced of [true, false]) {
        await sandbox.forget();
        const { token } = await tenants.fresh(sliced ? SLICE : {});
        const answer = await send(method, target, { token });
        const known = owners === '1' || (owners === '' && !sliced);
        if (affected && !known) {
          problem(answer, 'project_not_current');
          expect(await sandbox.received()).toEqual([]);
        } else {
          // Generations B and C have no stickiness, and say so.
          expect(answer.status, answer.text).toBe(
            id === 'persons_stickiness' && generation !== 'A' ? 400 : 200,
          );
          expect(await sandbox.received()).not.toEqual([]);
        }
      }
    });

    test('trap 4: no operation answers a slice of another project than the one that is open', async () => {
      const { token } = await tenants.fresh({ ...SLICE, project_id: 2 });
      for (const { id, generations, args } of ASKED) {
        if (!generations.includes(generation) || owners === '2') continue;
        const { method, target } = callOf(operationOf(id), 'GET', { project: 2, args });
        problem(await send(method, target, { token }), 'project_not_current');
      }
      expect(await sandbox.received()).toEqual([]);
    });
  },
);
