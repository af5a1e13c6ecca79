/** The deletion log as an auditor reads it: scopes, actors, filters, exports, refusals, and what slices keep from a reader. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, CYD, DOV, seededUuid } from '../../src/sandbox/seed/names.ts';
import type { Answer } from '../support/client.ts';
import { readCsv } from '../support/csv.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { get, send, admin, sandbox, tenants } = await startStack();

beforeEach(() => sandbox.reset());

const PERSONS = '/api/projects/1/persons';
const bulk = (token: string, json: Record<string, unknown>): Promise<Answer> =>
  send('POST', `${PERSONS}/bulk_delete/`, { token, json });
const idOf = (answer: Answer): string => answer.headers['hedgerow-deletion'] ?? '';

interface Page {
  readonly results: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
}
const pageOf = (answer: Answer): Page => {
  expect(answer.status).toBe(200);
  return answer.json as Page;
};
const idsOf = (answer: Answer) => pageOf(answer).results.map(({ id }) => id);
const operator = (path: string) => send('GET', path, { token: ADMIN_TOKEN });
const linkOf = (answer: Answer) =>
  /^<https?:\/\/[^/]+([^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1];
const SLICE = { slice: { property: 'tenant_id', value: 'acme' } };

describe('Who may read the log', () => {
  test('A token with deletion_log:read reads all of the log and deletes nothing', async () => {
    const { tenant, token } = await tenants.fresh(SLICE);
    const id = idOf(await bulk(token, { ids: [ADA.uuid] }));
    const ended = idOf(await bulk(token, { ids: [seededUuid(1, 999)] }));
    const { token: auditor } = await tenants.mint(tenant, { scopes: ['deletion_log:read'] });
    const paths = ['', '?person=' + ADA.uuid, `/${id}`, `/${id}/ids`, `/${ended}/events`, '/refused'];
    for (const path of paths)
      expect(await get(auditor, `/v1/deletions${path}`)).toMatchObject({ status: 200 });
    await sandbox.forget();
    for (const ask of [
      bulk(auditor, { ids: [BEN.uuid] }),
      send('POST', '/v1/deletions', { token: auditor, json: { ids: [BEN.uuid] } }),
      send('POST', `/v1/deletions/${id}/cancel`, { token: auditor, json: {} }),
    ])
      expect(await ask).toMatchObject({ status: 403, json: { code: 'scope_missing' } });
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toHaveLength(2);
  });

  test('A token with person:delete reads the log as before, and can make a token that only reads it', async () => {
    const { token } = await tenants.fresh({ scopes: ['person:delete'] });
    const id = idOf(await bulk(token, { ids: [ADA.uuid] }));
    const { token: child, grant } = await tenants.derive(token, { scopes: ['deletion_log:read'] });
    expect(grant).toMatchObject({ scopes: ['deletion_log:read'] });
    for (const one of [token, child]) expect(idsOf(await get(one, '/v1/deletions'))).toEqual([id]);
    expect(await bulk(child, { ids: [BEN.uuid] })).toMatchObject({ json: { code: 'scope_missing' } });
  });

  test('A token without either scope is refused, and nothing reaches PostHog', async () => {
    const { tenant } = await tenants.fresh();
    const { token } = await tenants.mint(tenant, { scopes: ['person:read'] });
    await sandbox.forget();
    expect(await get(token, '/v1/deletions')).toMatchObject({
      status: 403,
      json: { code: 'scope_missing', detail: 'This needs the scope deletion_log:read.' },
    });
    expect(await sandbox.received()).toEqual([]);
  });
});

describe('Actors', () => {
  test('An actor is shown by whoami, the list of tokens and the log, and is inherited', async () => {
    const { tenant } = await tenants.fresh();
    const minted = await tenants.mint(tenant, { name: 'support desk', actor: 'TICKET-1024, Zoë' });
    const child = await tenants.derive(minted.token, { name: 'page' });
    expect(child).toMatchObject({ actor: 'TICKET-1024, Zoë' });
    expect((await get(child.token, '/v1/whoami')).json).toMatchObject({
      token: { actor: 'TICKET-1024, Zoë' },
    });
    expect(pageOf(await admin('GET', `/${tenant}/tokens`)).results.map(({ actor }) => actor)).toEqual([
      'TICKET-1024, Zoë',
      'TICKET-1024, Zoë',
      null,
    ]);
    const id = idOf(await bulk(child.token, { ids: [ADA.uuid] }));
    expect((await get(child.token, `/v1/deletions/${id}`)).json).toMatchObject({
      token_name: 'page',
      ancestors: [minted.id],
      ancestor_names: ['support desk'],
      actor: 'TICKET-1024, Zoë',
    });
    const [header = [], row = []] = readCsv((await get(child.token, '/v1/deletions?format=csv')).text);
    expect(row[header.indexOf('actor')]).toBe('TICKET-1024, Zoë');
    expect(row[header.indexOf('token_name')]).toBe('page');
  });

  test('A narrower token names an actor where its parent has none, and changes none that is there', async () => {
    const { tenant, token } = await tenants.fresh();
    const named = await tenants.derive(token, { actor: 'zoe' });
    expect(named).toMatchObject({ actor: 'zoe' });
    expect(await tenants.derive(named.token, { actor: 'zoe' })).toMatchObject({ actor: 'zoe' });
    expect(
      await send('POST', '/v1/tokens', { token: named.token, json: { name: 'x', actor: 'yan' } }),
    ).toMatchObject({ status: 400, json: { code: 'grant_exceeds_parent', attr: 'actor' } });
    for (const actor of ['', ' zoe', 'zo\ne', 'z\u202Ee', 'x'.repeat(201), 7])
      expect(await admin('POST', `/${tenant}/tokens`, { name: 'x', actor })).toMatchObject({
        status: 400,
        json: { code: 'field_invalid', attr: 'actor' },
      });
  });

  test('An actor that a spreadsheet would run is guarded in the table', async () => {
    const { tenant } = await tenants.fresh();
    const { token } = await tenants.mint(tenant, { name: '=1+1', actor: '@SUM(A1)' });
    await bulk(token, { ids: [ADA.uuid] });
    const [header = [], row = []] = readCsv((await get(token, '/v1/deletions?format=csv')).text);
    expect([row[header.indexOf('actor')], row[header.indexOf('token_name')]]).toEqual(["'@SUM(A1)", "'=1+1"]);
  });
});

describe('Searching', () => {
  test('Filters, orders and pages go together, and a link keeps all of them', async () => {
    const { tenant, token, id: tokenId } = await tenants.fresh();
    const child = await tenants.derive(token);
    const made = [
      idOf(await bulk(token, { ids: [ADA.uuid, BEN.uuid] })),
      idOf(await bulk(child.token, { ids: [ADA.uuid] })),
      idOf(await bulk(child.token, { distinct_ids: ['ada@acme.test'] })),
    ];
    const path = `/v1/deletions?person=${ADA.uuid}&order=oldest&limit=1`;
    const first = await get(token, path);
    expect(idsOf(first)).toEqual([made[0]]);
    const link = new URL(pageOf(first).next ?? '');
    expect(link.searchParams.get('person')).toBe(ADA.uuid);
    expect(idsOf(await get(token, `${link.pathname}${link.search}`))).toEqual([made[1]]);
    const ask = async (query: string) => idsOf(await get(token, `/v1/deletions?${query}`));
    expect(await ask(`token=${child.id}`)).toEqual([made[2], made[1]]);
    expect(await ask(`token=${tokenId}`)).toEqual(made.toReversed());
    expect(await ask('distinct_id=ada%40acme.test')).toEqual([made[2]]);
    expect(await ask('state=nobody')).toEqual([]);
    expect(await ask('from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00%2B02:00')).toEqual([]);
    const entry = (await get(token, `/v1/deletions/${made[1]}`)).json as { request_id: string };
    expect(await ask(`request_id=${entry.request_id}`)).toEqual([made[1]]);
    expect(idsOf(await admin('GET', `/${tenant}/deletions?distinct_id=ada%40acme.test`))).toEqual([made[2]]);
  });

  test.each([
    ['person=x', 'person'],
    ['state=gone', 'state'],
    ['token=me', 'token'],
    ['from=yesterday', 'from'],
    ['order=up', 'order'],
    ['cursor=x', 'cursor'],
  ])('The query %s is refused by its name', async (query, attr) => {
    const { token } = await tenants.fresh();
    expect(await get(token, `/v1/deletions?${query}`)).toMatchObject({
      status: 400,
      json: { code: 'parameter_invalid', attr },
    });
  });

  test('Two persons at once, and ids in JSON, are refused', async () => {
    const { token } = await tenants.fresh();
    for (const query of [`person=${ADA.uuid}&distinct_id=a`, 'ids=true', 'ids=true&format=json'])
      expect(await get(token, `/v1/deletions?${query}`)).toMatchObject({
        status: 400,
        json: { code: 'input_conflict' },
      });
  });

  test('A filter by a person outside the slice answers as one by a person that nobody knows', async () => {
    const { token } = await tenants.fresh(SLICE);
    await bulk(token, { ids: [ADA.uuid] });
    const answers = await Promise.all(
      [CYD.uuid, seededUuid(1, 999)].map((one) => get(token, `/v1/deletions?person=${one}`)),
    );
    for (const { json } of answers) expect(json).toEqual({ results: [], next: null });
    const distinct = await Promise.all(
      [CYD.distinctIds[0] ?? '', 'nobody@x.test'].map((one) =>
        get(token, `/v1/deletions?distinct_id=${encodeURIComponent(one)}`),
      ),
    );
    for (const { json } of distinct) expect(json).toEqual({ results: [], next: null });
    expect(
      idsOf(await get(token, `/v1/deletions?distinct_id=${encodeURIComponent(ADA.distinctIds[0] ?? '')}`)),
    ).toHaveLength(1);
  });

  test('A token that may not see distinct ids is refused every question for and export of the ids of any person', async () => {
    const { tenant, token } = await tenants.fresh();
    await bulk(token, { ids: [ADA.uuid] });
    const { token: reader } = await tenants.mint(tenant, { properties: { distinct_ids: 'hidden' } });
    for (const query of [
      `person=${ADA.uuid}`,
      `person=${seededUuid(1, 999)}`,
      'distinct_id=ada%40acme.test',
      'distinct_id=nobody',
      'format=csv&ids=true',
      'format=ndjson&ids=true',
    ])
      expect(await get(reader, `/v1/deletions?${query}`)).toMatchObject({
        status: 403,
        json: { code: 'property_hidden' },
      });
    expect(await get(reader, '/v1/deletions?format=ndjson')).toMatchObject({ status: 200 });
  });

  test('A token for part of its slice searches no log and reads no refusals', async () => {
    const { tenant } = await tenants.fresh();
    const { token } = await tenants.mint(tenant, SLICE);
    for (const path of [`?person=${ADA.uuid}`, '?format=ndjson', '/refused'])
      expect(await get(token, `/v1/deletions${path}`)).toMatchObject({
        status: 403,
        json: { code: 'not_sliceable' },
      });
  });
});

describe('Exports', () => {
  test('A table and lines hold the ids as they were asked for, with quotes and formulas in them', async () => {
    const { token } = await tenants.fresh();
    const names = ['=cmd|"/c calc"!A1', 'a,"b"\n', 'ada@acme.test'];
    await bulk(token, { distinct_ids: names });
    await bulk(token, { ids: [BEN.uuid] });
    const table = await get(token, '/v1/deletions?format=csv&ids=true');
    expect(table.headers['content-type']).toBe('text/csv; charset=utf-8');
    const [header = [], ...rows] = readCsv(table.text);
    expect(header.at(-1)).toBe('ids');
    expect(rows.map((row) => JSON.parse(row.at(-1) ?? '') as unknown)).toEqual([[BEN.uuid], names]);
    const lines = await get(token, '/v1/deletions?format=ndjson&ids=true');
    expect(lines.headers['content-type']).toBe('application/x-ndjson');
    const read = lines.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { ids: string[] });
    expect(read.map(({ ids }) => ids)).toEqual([[BEN.uuid], names]);
    const bare = await get(token, '/v1/deletions?format=ndjson&limit=1');
    expect(JSON.parse(bare.text)).not.toHaveProperty('ids');
    expect(linkOf(bare)).toContain('format=ndjson');
  });

  test('A deletion of many chunks is exported whole', async () => {
    const { token } = await tenants.fresh();
    const ids = Array.from({ length: 2500 }, (_, n) => `made-up-${n}`);
    await send('POST', '/v1/deletions', { token, json: { distinct_ids: ids } });
    const { text } = await get(token, '/v1/deletions?format=ndjson&ids=true');
    expect((JSON.parse(text) as { ids: string[] }).ids).toEqual(ids);
    const [, row = []] = readCsv((await get(token, '/v1/deletions?format=csv&ids=true')).text);
    expect(JSON.parse(row.at(-1) ?? '')).toEqual(ids);
  });

  test('The operator reads the logs of all tenants in pages, each entry once, also of those that were removed', async () => {
    const made: string[] = [];
    const owners: string[] = [];
    for (const person of [ADA, BEN, CYD, DOV]) {
      const { tenant, token } = await tenants.fresh();
      owners.push(tenant);
      made.push(
        idOf(await bulk(token, { ids: [person.uuid] })),
        idOf(await bulk(token, { ids: [ADA.uuid] })),
      );
    }
    await admin('DELETE', `/${owners[0]}`);
    const seen: unknown[] = [];
    for (let path: string | undefined = '/admin/v1/deletions?limit=3'; path !== undefined;) {
      const page: Answer = await operator(path);
      seen.push(...idsOf(page));
      const { next } = pageOf(page);
      path = next === null ? undefined : next.slice(new URL(next).origin.length);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(made));
    const exported = [];
    for (
      let path: string | undefined = `/admin/v1/deletions?limit=3&format=ndjson&ids=true&person=${DOV.uuid}`;
      path !== undefined;
    ) {
      const page: Answer = await operator(path);
      for (const line of page.text.split('\n').filter((one) => one !== ''))
        exported.push(JSON.parse(line) as unknown);
      path = linkOf(page);
    }
    expect(exported).toMatchObject([{ tenant: owners[3], ids: [DOV.uuid] }]);
    expect(await operator('/admin/v1/deletions?cursor=No')).toMatchObject({
      status: 400,
      json: { attr: 'cursor' },
    });
  });
});

describe('Refused attempts', () => {
  test('A refusal by grant, budget or slice is in the log of refusals, and in no other', async () => {
    const { tenant, token } = await tenants.fresh({ deletes: { persons_per_day: 1, events: false } });
    await sandbox.forget();
    await bulk(token, { ids: [ADA.uuid], delete_events: true });
    await bulk(token, { ids: [ADA.uuid, BEN.uuid] });
    await send('POST', '/v1/deletions', { token, json: { distinct_ids: ['a', 'b', 'c'] } });
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
    const { results } = pageOf(await get(token, '/v1/deletions/refused'));
    expect(results.map(({ code, asked, target }) => [code, asked, target])).toEqual([
      ['deletion_exceeds_budget', 3, 'distinct_ids'],
      ['deletion_exceeds_budget', 2, 'uuids'],
      ['delete_flag_not_granted', 1, 'uuids'],
    ]);
    expect((await admin('GET', `/${tenant}/deletions/refused`)).json).toMatchObject({
      results,
      left_out: [],
    });
    expect(JSON.stringify(results)).not.toContain(ADA.uuid);
    const [header, ...rows] = readCsv(
      (await get(token, '/v1/deletions/refused?format=csv&order=oldest')).text,
    );
    expect([header?.[0], ...rows.map((row) => row[0])]).toEqual([
      'code',
      'delete_flag_not_granted',
      'deletion_exceeds_budget',
      'deletion_exceeds_budget',
    ]);
    expect(await bulk(token, { ids: [ADA.uuid] })).toMatchObject({ status: 202 });
  });

  test('A refused delete of a person outside the slice looks like one of a person that nobody knows', async () => {
    const { token } = await tenants.fresh(SLICE);
    for (const one of [CYD.uuid, seededUuid(1, 999)])
      expect(await send('DELETE', `${PERSONS}/${one}`, { token })).toMatchObject({ status: 404 });
    const { results } = pageOf(await get(token, '/v1/deletions/refused'));
    const [unknown, foreign] = results.map(({ request_id: _id, refused_at: _at, ...rest }) => rest);
    expect(foreign).toEqual(unknown);
    expect(foreign).toMatchObject({ code: 'not_found', asked: 1 });
  });
});

describe('How long ids are kept', () => {
  test('The days for which ids are kept are of the tenant alone, have bounds, and can be taken back', async () => {
    const { tenant, token } = await tenants.fresh();
    for (const keep_ids_days of [0, 3651, 1.5, '7'])
      expect(await admin('PATCH', `/${tenant}`, { deletes: { keep_ids_days } })).toMatchObject({
        status: 400,
      });
    expect(await admin('PATCH', `/${tenant}`, { deletes: { keep_ids_days: 30 } })).toMatchObject({
      status: 200,
      json: { deletes: { keep_ids_days: 30 } },
    });
    expect((await get(token, '/v1/whoami')).text).not.toContain('keep_ids_days');
    const json = { name: 'x', deletes: { keep_ids_days: 1 } };
    expect(await send('POST', '/v1/tokens', { token, json })).toMatchObject({ status: 400 });
    const freed = await admin('PATCH', `/${tenant}`, { deletes: { keep_ids_days: null } });
    expect(freed.status).toBe(200);
    expect(freed.text).not.toContain('keep_ids_days');
  });
});
