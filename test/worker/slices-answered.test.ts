/** Look-ups of persons: the answer holds those in the slice, and the others are like unknown ones. */
import { beforeEach, expect, test } from 'vitest';
import { ADA, CYD, DOV, MIA, NIL } from '../../src/sandbox/seed/names.ts';
import type { Answer } from '../support/client.ts';
import { PERSONS, SLICE, told } from '../support/generations.ts';
import { startStack } from '../support/stack.ts';

const { send, get, sandbox, tenants } = await startStack();
const UNKNOWN = '0190c0de-0001-7000-8000-999999999999';
let token = '';
beforeEach(async () => {
  ({ token } = await tenants.fresh(SLICE));
  await sandbox.reset();
});
const lookUp = (by: string, ids: readonly string[]): Promise<Answer> =>
  send('POST', `${PERSONS}/batch_by_${by}/`, { token, json: { [by]: ids } });
const found = ({ json }: Answer): string[] => Object.keys((json as { results: object }).results);

test('A look-up by UUID answers with the persons in the slice', async () => {
  const uuids = [ADA, CYD, MIA, NIL, DOV].map(({ uuid }) => uuid);
  expect(found(await lookUp('uuids', [...uuids, UNKNOWN]))).toEqual([ADA.uuid, MIA.uuid]);
  expect(await sandbox.received()).toHaveLength(1);
});

test('A look-up by distinct id goes by the person, whatever the id looks like', async () => {
  const ids = ['ada@acme.test', 'cyd@birch.test', 'mia@birch.test', 'nil@elsewhere.test', 'unknown'];
  expect(found(await lookUp('distinct_ids', ids))).toEqual(['ada@acme.test', 'mia@birch.test']);
});

test('A look-up answers the same for foreign and unknown persons', async () => {
  for (const [by, foreign, unknown] of [
    ['uuids', CYD.uuid, UNKNOWN],
    ['distinct_ids', 'cyd@birch.test', 'unknown'],
  ] as const) {
    expect(told(await lookUp(by, [foreign]))).toEqual(told(await lookUp(by, [unknown])));
  }
});

test('A retrieved person outside the slice is answered like an unknown one, after the same call to PostHog', async () => {
  const foreign = await get(token, `${PERSONS}/${CYD.uuid}/`);
  expect(foreign).toMatchObject({ status: 404, json: { code: 'not_found' } });
  expect(told(foreign)).toEqual(told(await get(token, `${PERSONS}/${UNKNOWN}/`)));
  expect((await sandbox.received()).map(({ target }) => target)).toEqual([
    `${PERSONS}/${CYD.uuid}/`,
    `${PERSONS}/${UNKNOWN}/`,
  ]);
  expect(await get(token, `${PERSONS}/${MIA.uuid}/`)).toMatchObject({
    status: 200,
    json: { uuid: MIA.uuid },
  });
});
