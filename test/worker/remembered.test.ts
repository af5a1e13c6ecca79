/** Answers that are given again for a while, where the record of a tenant allows it: never to others, never after a change. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { letPass } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { problem } from '../support/problem.ts';

const [world] = await startWorlds(undefined, ['B']);
const { sandbox, send, get, tenants, admin } = world;

const REMEMBERS = { reads: { remember_seconds: 60 } } as const;

/** A question that no other test asks: the gateways outlive a test, and remember. */
let limit = 100;
let LIST = '';

beforeEach(async () => {
  limit += 1;
  LIST = `${PERSONS}/?limit=${limit}`;
  await world.reset();
});

/** The link to the next page. */
const nextOf = (answer: { readonly json: unknown }): string => (answer.json as { next: string }).next;

/** Calls that read persons from PostHog since the last `forget`. */
const asked = async (): Promise<number> =>
  (await sandbox.received()).filter(({ target }) => target.startsWith('/api/projects/1/persons')).length;

describe('A tenant whose record lets answers be given again', () => {
  test('The second read is the same as the first, says its age, and asks PostHog nothing', async () => {
    const { token } = await tenants.fresh(REMEMBERS);
    const first = await get(token, LIST);
    const second = await get(token, LIST);
    expect(first.status).toBe(200);
    expect(first.headers['age']).toBe(undefined);
    expect(second.text).toBe(first.text);
    expect(second.headers['age']).toMatch(/^\d+$/);
    expect(await asked()).toBe(1);
  });

  test.each([
    ['JSON and a table', (list: string) => `${list}&format=csv`],
    [
      'a page and the same page by another name',
      (list: string) => list.replace('/projects/', '/environments/'),
    ],
  ])('One answer of PostHog makes both %s', async (_, otherOf) => {
    const { token } = await tenants.fresh(REMEMBERS);
    const [first, second] = [await get(token, LIST), await get(token, otherOf(LIST))];
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.text).toContain(ADA.uuid);
    expect(await asked()).toBe(1);
  });

  test('Links lead on from the address that was asked, and not from the one that was asked first', async () => {
    const { token } = await tenants.fresh(REMEMBERS);
    const page = (family: string, more = '') =>
      get(token, `/api/${family}/1/persons/?limit=2&offset=1${more}`);
    await page('projects');
    await sandbox.forget();
    expect(nextOf(await page('projects'))).toContain('/api/projects/1/persons/?');
    expect(nextOf(await page('environments'))).toContain('/api/environments/1/persons/?');
    expect(nextOf(await page('projects', '&format=json'))).toContain('/api/projects/1/persons/?');
    expect(await asked()).toBe(0);
  });

  test('Tenants that see the same are given the same answer, and each is counted and limited by itself', async () => {
    const one = await tenants.fresh(REMEMBERS);
    const other = await tenants.fresh({ ...REMEMBERS, rate: { requests_per_minute: 1, burst: 1 } });
    const first = await get(one.token, LIST);
    expect((await get(other.token, LIST)).text).toBe(first.text);
    expect(await asked()).toBe(1);
    problem(await get(other.token, LIST), 'rate_limited');
  });

  test.each([
    ['a slice', SLICE],
    ['hidden properties', { properties: { hidden: ['email'] } }],
    ['visible properties', { properties: { visible: ['plan'] } }],
    ['hidden distinct ids', { properties: { distinct_ids: 'hidden' } }],
    ['another project', { project_id: 2 }],
  ])('An answer is never given to a grant with %s', async (_, record) => {
    const whole = await tenants.fresh(REMEMBERS);
    const path = (project: number) => LIST.replace('projects/1', `projects/${project}`);
    await get(whole.token, LIST);
    const less = await tenants.fresh({ ...REMEMBERS, ...record });
    const project = 'project_id' in record ? record.project_id : 1;
    const answer = await get(less.token, path(project));
    expect(answer.status).toBe(200);
    expect(answer.headers['age']).toBe(undefined);
  });

  test('A tenant that does not let answers be given again asks PostHog, whatever others remember', async () => {
    const one = await tenants.fresh(REMEMBERS);
    const other = await tenants.fresh();
    await get(one.token, LIST);
    await get(other.token, LIST);
    await get(other.token, LIST);
    expect(await asked()).toBe(3);
  });

  test.each(['no-cache', 'No-Store', 'max-age=0', 'private, max-age=0'])(
    'A client that sends Cache-Control: %s is answered by PostHog',
    async (wish) => {
      const { token } = await tenants.fresh(REMEMBERS);
      await get(token, LIST);
      const answer = await get(token, LIST, { headers: { 'cache-control': wish } });
      expect(answer.headers['age']).toBe(undefined);
      expect(await asked()).toBe(2);
    },
  );

  test('A revoked token reads nothing, remembered or not', async () => {
    const { token, tenant, id } = await tenants.fresh(REMEMBERS);
    await get(token, LIST);
    await admin('DELETE', `/${tenant}/tokens/${id}`);
    problem(await get(token, LIST), 'token_revoked');
  });

  test('A narrower record is true of remembered answers too', async () => {
    const { token, tenant } = await tenants.fresh(REMEMBERS);
    expect((await get(token, LIST)).text).toContain('@acme.test');
    await admin('PATCH', `/${tenant}`, { properties: { hidden: ['email'] } });
    const answer = await get(token, LIST);
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('"email"');
  });

  test('Refusals and failures of PostHog are not given again', async () => {
    const { token } = await tenants.fresh(REMEMBERS);
    await get(token, `${PERSONS}/00000000-0000-4000-8000-000000000000/`);
    await get(token, `${PERSONS}/00000000-0000-4000-8000-000000000000/`);
    expect(await asked()).toBe(2);
    await sandbox.fault({ kind: 'status', status: 500, times: 1 });
    expect((await get(token, LIST)).status).toBe(502);
    expect((await get(token, LIST)).status).toBe(200);
  });

  test('Fifty reads at the same time are one call to PostHog', async () => {
    const { token } = await tenants.fresh(REMEMBERS);
    const answers = await Promise.all(Array.from({ length: 50 }, () => get(token, LIST)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await asked()).toBe(1);
  });
});

describe('A tenant whose record lets nothing be given again', () => {
  test('Fifty reads at the same time are one call to PostHog, and none of their answers has an age', async () => {
    const { token } = await tenants.fresh();
    await get(token, `${PERSONS}/?limit=1`);
    await sandbox.forget();
    await sandbox.hold();
    const asking = Array.from({ length: 50 }, () => get(token, LIST));
    await sandbox.arrived(1);
    await letPass((nth) => get(token, `${PERSONS}/?limit=${nth}`));
    await sandbox.release();
    const answers = await Promise.all(asking);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers.map(({ headers }) => headers['age'])).toEqual(answers.map(() => undefined));
    const targets = (await sandbox.received()).map(({ target }) => target);
    expect(targets.filter((target) => target.includes(`limit=${limit}`))).toHaveLength(1);
  });

  test('Two reads one after the other are two calls to PostHog', async () => {
    const { token } = await tenants.fresh();
    await get(token, LIST);
    await get(token, LIST);
    expect(await asked()).toBe(2);
  });

  test('Two reads by grants that see differently are two calls to PostHog', async () => {
    const { token } = await tenants.fresh();
    const narrower = await tenants.derive(token, SLICE);
    await sandbox.hold({ times: 2 });
    const asking = Promise.all([get(token, LIST), get(narrower.token, LIST)]);
    await sandbox.arrived(2);
    await sandbox.release();
    const [whole, sliced] = await asking;
    expect([whole.status, sliced.status]).toEqual([200, 200]);
    expect(whole.text).not.toBe(sliced.text);
    expect(await asked()).toBe(2);
  });
});

describe('Answers that were remembered before a change', () => {
  const CHANGES = [
    ['changes a person', 'PATCH', `${PERSONS}/${ADA.uuid}/`, { properties: { plan: 'free' } }],
    ['sets a property', 'POST', `${PERSONS}/${ADA.uuid}/update_property/`, { key: 'plan', value: 'free' }],
    ['removes a property', 'POST', `${PERSONS}/${ADA.uuid}/delete_property/`, { $unset: 'plan' }],
    ['deletes events', 'POST', `${PERSONS}/${ADA.uuid}/delete_events/`, {}],
    ['deletes a person', 'DELETE', `${PERSONS}/${BEN.uuid}/`, undefined],
    ['deletes persons', 'POST', `${PERSONS}/bulk_delete/`, { ids: [BEN.uuid] }],
    [
      'deletes events of persons',
      'POST',
      `${PERSONS}/bulk_delete/`,
      { ids: [BEN.uuid], keep_person: true, delete_events: true },
    ],
  ] as const;

  test.each(CHANGES)(
    'No answer from before is given once another tenant %s',
    async (_, method, path, json) => {
      const reader = await tenants.fresh(REMEMBERS);
      const writer = await tenants.fresh();
      const before = await get(reader.token, LIST);
      const changed = await send(method, path, {
        token: writer.token,
        ...(json === undefined ? {} : { json }),
      });
      expect([200, 201, 202, 204], changed.text).toContain(changed.status);
      const after = await get(reader.token, LIST);
      expect(after.headers['age']).toBe(undefined);
      expect(before.status).toBe(200);
      if (
        method === 'DELETE' ||
        ('json' in after && path.includes('bulk') && !JSON.stringify(json).includes('keep'))
      )
        expect(after.text).not.toContain(BEN.uuid);
    },
  );

  test('A change by one tenant shows in the next answer of every other', async () => {
    const reader = await tenants.fresh(REMEMBERS);
    const writer = await tenants.fresh();
    const planOf = async () => {
      const { json } = await get(reader.token, `${PERSONS}/${ADA.uuid}/`);
      return (json as { properties: { plan?: string } }).properties.plan;
    };
    for (let round = 0; round < 20; round += 1) {
      await planOf();
      await send('POST', `${PERSONS}/${ADA.uuid}/update_property/`, {
        token: writer.token,
        json: { key: 'plan', value: `plan-${round}` },
      });
      expect(await planOf()).toBe(`plan-${round}`);
    }
  });
});

describe('The record of a tenant', () => {
  test.each([-1, 61, 1.5, '10', null])('Seconds of %j are refused, with the bounds', async (seconds) => {
    const { tenant } = await tenants.fresh();
    const answer = await admin('PUT', `/${tenant}`, {
      name: 'Acme',
      project_id: 1,
      slice: null,
      scopes: ['person:read'],
      reads: { remember_seconds: seconds },
    });
    problem(answer, 'field_invalid', 'reads.remember_seconds');
    expect(seconds === 61 ? answer.text : '60').toContain('60');
  });
});
