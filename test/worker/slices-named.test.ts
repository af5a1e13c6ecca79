/** Operations on one person: whoever is not in the slice is, to the caller, somebody who does not exist. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { Operation } from '../../src/catalogue/operation.ts';
import { ADA, BEN, COHORTS, CYD, MIA, NIL, OTHER_ADA } from '../../src/sandbox/seed/names.ts';
import { callOf, operationOf } from '../support/calls.ts';
import type { Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds, told } from '../support/generations.ts';
import type { Args } from '../support/listings.ts';
import { problem } from '../support/problem.ts';

const worlds = await startWorlds();

/** A person as a call may name one. */
interface Name {
  readonly uuid: string;
  readonly number: string;
  readonly distinctId: string;
}
const nameOf = (person: { uuid: string; id: number; distinctIds: readonly string[] }): Name => ({
  uuid: person.uuid,
  number: String(person.id),
  distinctId: person.distinctIds[0] ?? '',
});
const UNKNOWN: Name = {
  uuid: '0190c0de-0001-7000-8000-999999999999',
  number: '999999',
  distinctId: 'nobody',
};
const FOREIGN: [string, Name][] = [
  ['of another tenant', nameOf(CYD)],
  ['of no tenant', nameOf(NIL)],
  ['of the same tenant in another project', { ...nameOf(OTHER_ADA), distinctId: 'pia@birch.test' }],
];

/** How an operation names its person: by UUID and number in the path, or by what else it takes. */
interface Way {
  readonly name: string;
  readonly operation: Operation;
  readonly argsOf: ((who: Name) => Args) | null;
  readonly by: 'uuid' | 'number';
}
const named = CATALOGUE.filter(
  ({ path, slicing }) => slicing.kind === 'named' || (slicing.kind === 'answered' && path === ':id'),
);
const inPath = named.filter(({ path }) => path.includes(':id'));
const TIME = '2026-01-06T00:00:00Z';
const WAYS: Way[] = [
  ...inPath.flatMap((operation) =>
    (['uuid', 'number'] as const).map((by) => ({
      name: `${operation.id} by ${by}`,
      operation,
      argsOf: operation.id === 'persons_split' ? () => ({}) : null,
      by,
    })),
  ),
  ...(['uuid', 'number'] as const).map((by) => ({
    name: `persons_cohorts by ${by}`,
    operation: operationOf('persons_cohorts'),
    argsOf: (who: Name) => ({ person_id: who[by] }),
    by,
  })),
  ...(['person_id', 'distinct_id'] as const).map((field) => ({
    name: `persons_properties_at_time by ${field}`,
    operation: operationOf('persons_properties_at_time'),
    argsOf: (who: Name) => ({ timestamp: TIME, [field]: field === 'person_id' ? who.uuid : who.distinctId }),
    by: 'uuid' as const,
  })),
];

test('every operation that is held to the slice by a name is here', () => {
  expect(new Set(WAYS.map(({ operation }) => operation))).toEqual(new Set(named));
});

describe.each(worlds)('in generation $generation', (world) => {
  const { generation, send, get, sandbox, tenants, reset } = world;
  let token = '';
  let tenant = '';
  beforeEach(async () => {
    ({ token, tenant } = await tenants.fresh({ ...SLICE, split_out_of_slice: true }));
    await reset();
  });
  const ask = async ({ operation, argsOf, by }: Way, method: Operation['methods'][number], who: Name) => {
    const args = argsOf === null ? {} : { args: argsOf(who) };
    const call = callOf(operation, method, { person: who[by], ...args });
    await sandbox.forget();
    const answer = await send(method, call.target, {
      token,
      ...(call.json === undefined ? {} : { json: call.json }),
    });
    const arrived = (await sandbox.received()).map(
      ({ method: how, target, status }) =>
        `${how} ${target.replaceAll(who.uuid, 'ID').replaceAll(who.number, 'ID')} ${String(status)}`,
    );
    return { answer, arrived };
  };
  const people = async (): Promise<unknown> => (await sandbox.state()).persons;

  // Generation A has no look-up by distinct id, and no such operation either.
  const ways = WAYS.filter(
    ({ operation }) => generation !== 'A' || operation.id !== 'persons_properties_at_time',
  );
  test.each(ways)('$name answers of a foreign person what it answers of nobody', async (way) => {
    for (const method of way.operation.methods) {
      const before = await people();
      const nobody = await ask(way, method, UNKNOWN);
      problemOfPostHog(nobody.answer);
      for (const [whose, who] of FOREIGN) {
        const foreign = await ask(way, method, who);
        expect(told(foreign.answer), `${method} of a person ${whose}`).toEqual(told(nobody.answer));
        expect(foreign.arrived.map((line) => line.replace(/ (?:200|404)$/, ''))).toEqual(
          nobody.arrived.map((line) => line.replace(/ (?:200|404)$/, '')),
        );
        expect(foreign.arrived).toHaveLength(1);
      }
      expect(await people()).toEqual(before);
      expect(await tenants.log(tenant)).toEqual([]);
    }
  });

  test.each(ways)('$name is answered for a person in the slice, after one look', async (way) => {
    for (const method of way.operation.methods) {
      await reset();
      const { answer, arrived } = await ask(way, method, nameOf(MIA));
      expect(answer.status, answer.text).toBe(way.operation.reply.status);
      expect(arrived).toHaveLength(way.operation.slicing.kind === 'answered' ? 1 : 2);
    }
  });

  test('trap 6: the number of a person is not its UUID: both name the same one, in the slice or not', async () => {
    for (const who of [ADA, BEN]) {
      const byNumber = await get(token, `${PERSONS}/${who.id}/`);
      expect(byNumber.json).toMatchObject({ uuid: who.uuid });
      expect(told(await get(token, `${PERSONS}/${who.uuid}/`))).toEqual(told(byNumber));
    }
  });

  test('trap 15: an encoded name reaches no other operation', async () => {
    for (const path of ['bulk%5Fdelete/', 'v%61lues/?key=plan', '%61ctivity/', `${CYD.uuid}%2Factivity`]) {
      const answer = await get(token, `${PERSONS}/${path}`);
      expect([400, 403, 404, 405], path).toContain(answer.status);
      expect(answer.text).not.toContain('birch');
    }
    for (const { target } of await sandbox.received()) expect(target).not.toMatch(/values|bulk|%|\/activity/);
  });

  test('trap 14: an id that is none is not quoted back, and PostHog is not asked', async () => {
    const answer = await get(token, `${PERSONS}/NOT_A_UUID/`);
    problem(answer, 'parameter_invalid', 'id');
    expect(answer.text).not.toContain('NOT_A_UUID');
    expect(await sandbox.received()).toEqual([]);
  });

  test('a split is refused, for it leaves ids outside the slice, unless the grant allows it', async () => {
    await tenants.put(tenant, SLICE);
    for (const who of [MIA, CYD]) {
      const answer = await send('POST', `${PERSONS}/${who.uuid}/split/`, { token, json: {} });
      problem(answer, 'not_sliceable');
    }
    expect(await sandbox.received()).toEqual([]);
    await tenants.put(tenant, { ...SLICE, split_out_of_slice: true });
    const json = { main_distinct_id: MIA.distinctIds[0] };
    const answer = await send('POST', `${PERSONS}/${MIA.uuid}/split/`, { token, json });
    expect(answer.status, answer.text).toBe(201);
  });

  test('nobody moves a person into, out of or around the slice', async () => {
    for (const [method, path, json] of [
      ['PATCH', '', { properties: { tenant_id: 'birch' } }],
      ['PUT', '', { properties: { plan: 'pro', tenant_id: 'acme' } }],
      ['POST', 'update_property/', { key: 'tenant_id', value: 'birch' }],
      ['POST', 'delete_property/', { $unset: 'tenant_id' }],
    ] as const) {
      for (const who of [ADA, CYD]) {
        const answer = await send(method, `${PERSONS}/${who.uuid}/${path}`, { token, json });
        problem(answer, 'not_sliceable', 'tenant_id');
      }
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('a delete of a foreign person is written nowhere; of an own one it is', async () => {
    expect((await send('DELETE', `${PERSONS}/${CYD.uuid}/`, { token })).status).toBe(404);
    expect(await tenants.log(tenant)).toEqual([]);
    expect((await send('DELETE', `${PERSONS}/${BEN.id}/`, { token })).status).toBe(202);
    expect(await tenants.log(tenant)).toMatchObject([{ asked: 1, in_slice: 1, sent: 1, state: 'accepted' }]);
  });

  test('the cohorts of a person tell nothing of others: not how many are in them, nor how they are made', async () => {
    const { json } = await get(token, `${PERSONS}/cohorts/?person_id=${ADA.uuid}`);
    expect(json).toEqual({ results: [{ id: COHORTS.pro.id, name: COHORTS.pro.name }] });
  });

  test('where the look fails nothing is done', async () => {
    for (const status of [500, 403, 429]) {
      await sandbox.fault({ kind: 'status', status, method: 'GET', times: 5 });
      const answer = await send('DELETE', `${PERSONS}/${ADA.uuid}/`, { token });
      expect([502, 503]).toContain(answer.status);
      await sandbox.clearFaults();
    }
    expect((await sandbox.received()).filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
  });
});

/** PostHog's own answer for a person that is not there. */
function problemOfPostHog(answer: Answer): void {
  expect(answer, answer.text).toMatchObject({
    status: 404,
    json: { type: 'invalid_request', code: 'not_found', detail: 'Not found.', attr: null, status: 404 },
  });
}
