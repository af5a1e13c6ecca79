/** Operations that no slice can be enforced on are refused with the reason, and PostHog is not asked. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { ADA, MIA } from '../../src/sandbox/seed/names.ts';
import { callOf, operationOf, type Call } from '../support/calls.ts';
import { PERSONS, SLICE, startGateway } from '../support/generations.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const stack = await startStack();
const { send, sandbox, tenants } = stack;
beforeEach(() => sandbox.reset());

const asked = (token: string, { method, target, json }: Call, from = stack) =>
  from.send(method, target, { token, ...(json === undefined ? {} : { json }) });

test.each(CATALOGUE.filter(({ slicing }) => slicing.kind === 'refused'))(
  'A sliced grant is refused $id with the reason, and PostHog is not asked',
  async (operation) => {
    const { token } = await tenants.fresh(SLICE);
    const answer = await asked(token, callOf(operation, operation.methods[0]));
    problem(answer, 'not_sliceable');
    const { slicing } = operation;
    expect(answer.json).toMatchObject({ detail: slicing.kind === 'refused' ? slicing.why : '' });
    expect(await sandbox.received()).toEqual([]);
  },
);

test('A split is refused to a sliced grant, unless the grant allows splitting out of the slice', async () => {
  const { token, tenant } = await tenants.fresh(SLICE);
  const split = () =>
    send('POST', `${PERSONS}/${MIA.uuid}/split/`, { token, json: { main_distinct_id: MIA.distinctIds[0] } });
  problem(await split(), 'not_sliceable');
  expect(await sandbox.received()).toEqual([]);
  await tenants.put(tenant, { ...SLICE, split_out_of_slice: true });
  expect((await split()).status).toBe(201);
});

describe.each([{ id: 'persons_cohorts', generation: 'B', args: { person_id: ADA.uuid } }] as const)(
  '$id, which PostHog answers for the project of the key’s owner',
  async ({ id, generation, args }) => {
    const call = callOf(operationOf(id), 'GET', { args });

    test.each([
      ['unknown', '', 403],
      ['another', '2', 403],
      ['this one', '1', 200],
    ])('A sliced grant gets the answer only where that project is known: %s', async (_, owners, status) => {
      const bindings = { POSTHOG_GENERATION: generation, POSTHOG_OWNERS_PROJECT: owners };
      const gateway = await startGateway(stack, bindings);
      await sandbox.reset({ generation });
      const { token } = await gateway.tenants.fresh(SLICE);
      const answer = await asked(token, call, gateway);
      expect(answer.status, answer.text).toBe(status);
      if (status === 403) {
        problem(answer, 'project_not_current');
        expect(await sandbox.received()).toEqual([]);
      }
    });
  },
);
