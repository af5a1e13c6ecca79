/** Operations on one person: to the caller a person outside the slice is one that does not exist. */
import { beforeEach, describe, expect, test } from 'vitest';
import { checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { Operation } from '../../src/catalogue/operation.ts';
import { ADA, BEN, CYD, MIA, NIL, OTHER_ADA } from '../../src/sandbox/seed/names.ts';
import { callOf, operationOf } from '../support/calls.ts';
import type { Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds, told } from '../support/generations.ts';
import type { Args } from '../support/listings.ts';

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
  distinctId: 'unknown',
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

test('Every operation that is held to the slice by a name is called by this file', () => {
  expect(new Set(WAYS.map(({ operation }) => operation))).toEqual(new Set(named));
});

describe.each(worlds)('A named person in generation $generation', (world) => {
  const { generation, send, sandbox, tenants, reset } = world;
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
    ({ operation }) =>
      checkAbsent(operation, generation) === null &&
      (generation !== 'A' || operation.id !== 'persons_properties_at_time'),
  );
  test.each(ways)(
    'The call $name answers the same for a foreign and an unknown person, after the same calls to PostHog',
    async (way) => {
      for (const method of way.operation.methods) {
        const before = await people();
        const unknown = await ask(way, method, UNKNOWN);
        expectNotFound(unknown.answer);
        for (const [whose, who] of FOREIGN) {
          const foreign = await ask(way, method, who);
          expect(told(foreign.answer), `${method} of a person ${whose}`).toEqual(told(unknown.answer));
          expect(foreign.arrived.map((line) => line.replace(/ (?:200|404)$/, ''))).toEqual(
            unknown.arrived.map((line) => line.replace(/ (?:200|404)$/, '')),
          );
          expect(foreign.arrived).toHaveLength(1);
        }
        expect(await people()).toEqual(before);
        expect(await tenants.log(tenant)).toEqual([]);
      }
    },
  );

  test.each(ways)('The call $name is answered for a person in the slice, after one look-up', async (way) => {
    for (const method of way.operation.methods) {
      await reset();
      const { answer, arrived } = await ask(way, method, nameOf(MIA));
      expect(answer.status, answer.text).toBe(way.operation.reply.status);
      expect(arrived).toHaveLength(way.operation.slicing.kind === 'answered' ? 1 : 2);
    }
  });

  test('A delete of a person outside the slice is not logged, and one inside is', async () => {
    expect((await send('DELETE', `${PERSONS}/${CYD.uuid}/`, { token })).status).toBe(404);
    expect(await tenants.log(tenant)).toEqual([]);
    expect((await send('DELETE', `${PERSONS}/${BEN.id}/`, { token })).status).toBe(202);
    expect(await tenants.log(tenant)).toMatchObject([{ asked: 1, in_slice: 1, sent: 1, state: 'settling' }]);
  });

  test('A delete is neither sent nor logged where the look-up fails', async () => {
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
function expectNotFound(answer: Answer): void {
  expect(answer, answer.text).toMatchObject({
    status: 404,
    json: { type: 'invalid_request', code: 'not_found', detail: 'Not found.', attr: null, status: 404 },
  });
}
