import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, MIA, NIL, OTHER_ADA, PERSONS_IN_PROJECT, TENANTS } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, column, launchBench, listed, q } from '../support/sandbox/ask.ts';

/** PostHog contract §5, §6 and §8: the list, its filters, its pages and its CSV. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

const person = (key: string, value: unknown, operator = 'exact') => ({
  key,
  value,
  operator,
  type: 'person',
});

describe('The list', () => {
  test('The list stays inside its project, newest first', async () => {
    const answer = await bench.get('/?include_total');
    expect(at(answer.json, 'count')).toBe(PERSONS_IN_PROJECT[1]);
    expect(listed(answer)).not.toContain(OTHER_ADA.uuid);
    const times = column(at(answer.json, 'results'), 'created_at').map(String);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test('The seed has persons of every tenant, and one without a tenant', async () => {
    for (const tenant of TENANTS) {
      expect(
        listed(await bench.get(`/?properties=${q([person('tenant_id', tenant)])}`)).length,
      ).toBeGreaterThan(5);
    }
    expect(listed(await bench.get(`/?properties=${q([person('tenant_id', 'x', 'is_not_set')])}`))).toContain(
      NIL.uuid,
    );
  });

  test.each([
    ['A', 'descends', ['first', 'third']],
    ['B', 'ascends', ['third', 'first']],
    ['C', 'ascends', ['third', 'first']],
  ])('A page of %s has the highest UUIDs of persons created together, and %s', async (generation, _, ids) => {
    await bench.reset({ generation });
    const born = { project_id: 1, created_at: '2026-03-15T11:00:00Z' };
    await bench.control('POST', 'persons', [
      { ...born, distinct_ids: ['first'], uuid: '0190c0de-0001-7000-8000-0000000000ff' },
      { ...born, distinct_ids: ['second'], uuid: '0190c0de-0001-7000-8000-0000000000aa' },
      { ...born, distinct_ids: ['third'], uuid: '0190c0de-0001-7000-8000-0000000000cc' },
    ]);
    const rows = at((await bench.get('/?limit=2')).json, 'results');
    expect(column(rows, 'distinct_ids')).toEqual(ids.map((id) => [id]));
  });

  test('Email, distinct_id and search are combined with AND, and an unknown distinct id is an empty page', async () => {
    expect(listed(await bench.get('/?email=ben@acme.test'))).toEqual([BEN.uuid]);
    expect(listed(await bench.get('/?email=ben@acme.test&distinct_id=ada@acme.test'))).toEqual([]);
    expect(listed(await bench.get('/?search=BRAMBLE'))).toEqual([BEN.uuid]);
    expect(listed(await bench.get(`/?search=${MIA.distinctIds[1]}`))).toEqual([MIA.uuid]);
    expect(listed(await bench.get(`/?search=${ADA.uuid}`))).toEqual([ADA.uuid]);
    const unknown = await bench.get('/?distinct_id=nobody');
    expect(unknown.json).toEqual({ results: [], next: null, previous: null });
  });

  test.each([
    ['exact', ['acme.test', 'ada@acme.test'], true],
    ['exact', 'ADA@acme.test', false],
    ['is_not', 'ada@acme.test', false],
    ['icontains', 'ADA@', true],
    ['not_icontains', 'ada', false],
    ['regex', '^a.a@', true],
    ['not_regex', '^a.a@', false],
    ['is_set', 'is_set', true],
    ['is_not_set', 'is_not_set', false],
    ['icontains', 'a%@acme', true],
    ['icontains', 'a_a@', true],
    ['in', ['ada@acme.test', 'ben@acme.test'], true],
    ['not_in', ['ada@acme.test', 'ben@acme.test'], false],
    ['between', ['ada', 'ben'], true],
  ])('Operator %s with %j finds Ada: %s', async (operator, value, finds) => {
    const answer = await bench.get(
      `/?properties=${q([person('email', value, operator)])}&distinct_id=ada@acme.test`,
    );
    expect(listed(answer)).toEqual(finds ? [ADA.uuid] : []);
  });

  test.each(['in', 'not_in'])('Operator %s with one value is a server error in B', async (operator) => {
    const filter = q([person('email', ['ada@acme.test'], operator)]);
    expect((await bench.get(`/?properties=${filter}`)).status).toBe(500);
    await bench.reset({ generation: 'A' });
    expect((await bench.get(`/?properties=${filter}`)).status).toBe(200);
  });

  test('A negation is a server error in B, and is not read in A', async () => {
    const filter = q([{ ...person('email', 'ada@acme.test'), negation: true }]);
    expect((await bench.get(`/?properties=${filter}`)).status).toBe(500);
    await bench.reset({ generation: 'A' });
    expect(listed(await bench.get(`/?properties=${filter}`))).toEqual([ADA.uuid]);
  });

  test('A filter of the key distinct_id asks the distinct ids in B', async () => {
    const filter = q([person('distinct_id', 'ada@', 'icontains')]);
    expect(listed(await bench.get(`/?properties=${filter}`))).toEqual([ADA.uuid]);
  });

  test('Search in B is trimmed, has wildcards, and finds any part of a distinct id or UUID', async () => {
    for (const search of ['%20bramble%20', 'B_n%25bramble', 'en@acme', BEN.uuid.slice(1)]) {
      expect(listed(await bench.get(`/?search=${search}`)), search).toContain(BEN.uuid);
    }
    await bench.reset({ generation: 'A' });
    expect(listed(await bench.get('/?search=B_n%25bramble'))).toEqual([]);
  });

  test.each([
    ['A', 'score', 70, 'gt', 0],
    ['B', 'score', 70, 'gt', 0],
    ['B', 'score', 60, 'lt', 0],
    ['A', 'score', 60, 'lt', 1],
    ['A', 'since', '2026-03-10', 'is_date_exact', 1],
    ['B', 'since', '2026-03-10', 'is_date_exact', 0],
    ['B', 'since', '2026-03-10T08:00:00Z', 'is_date_exact', 1],
    ['B', 'since', '-7d', 'is_date_after', 1],
    ['B', 'since', '2026-03-10', 'is_date_before', 0],
  ])('Generation %s compares %s with %j by %s and finds %i', async (generation, key, value, operator, n) => {
    await bench.reset({ generation });
    const properties = { score: 7, since: '2026-03-10T08:00:00Z' };
    await bench.control('POST', 'persons', { project_id: 1, distinct_ids: ['seven'], properties });
    expect(listed(await bench.get(`/?properties=${q([person(key, value, operator)])}`))).toHaveLength(n);
  });

  test('A property that the project declared numeric is compared as a number in B', async () => {
    await bench.control('PATCH', 'settings', { numeric_properties: ['score'] });
    const seven = { project_id: 1, distinct_ids: ['seven'], properties: { score: 7 } };
    await bench.control('POST', 'persons', seven);
    expect(listed(await bench.get(`/?properties=${q([person('score', 60, 'lt')])}`))).toHaveLength(1);
  });

  test('A filter element that cannot be built is dropped, and its restriction with it', async () => {
    for (const broken of [
      { ...person('tenant_id', 'acme'), type: 'persom' },
      { key: 'tenant_id', type: 'person' },
      { value: 'x' },
    ]) {
      const answer = await bench.get(`/?include_total&properties=${q([broken])}`);
      expect(at(answer.json, 'count')).toBe(PERSONS_IN_PROJECT[1]);
    }
  });

  test('A filter without a type is about events in A, which restricts no list, and about persons in B', async () => {
    const path = `/?include_total&properties=${q([{ key: 'email', value: 'ada@acme.test' }])}`;
    expect(listed(await bench.get(path))).toEqual([ADA.uuid]);
    await bench.reset({ generation: 'A' });
    expect(at((await bench.get(path)).json, 'count')).toBe(PERSONS_IN_PROJECT[1]);
  });

  const group = {
    type: 'AND',
    values: [{ type: 'OR', values: [person('email', 'ada@acme.test'), person('email', 'ben@acme.test')] }],
  };

  test('Generation B takes the flat array only, and reads it from the query only', async () => {
    expect((await bench.get(`/?properties=${q(group)}`)).status).toBe(500);
    expect((await bench.get('/?properties=nonsense')).status).toBe(500);
    expect((await bench.get(`/?properties=${q(['x'])}`)).status).toBe(500);
  });

  test('Generation A takes groups, and refuses what is no JSON or mixes groups and leaves', async () => {
    await bench.reset({ generation: 'A' });
    expect(new Set(listed(await bench.get(`/?properties=${q(group)}`)))).toEqual(
      new Set([ADA.uuid, BEN.uuid]),
    );
    expect((await bench.get('/?properties=nonsense')).json).toMatchObject({ code: 'invalid_input' });
    const mixed = { type: 'AND', values: [group, person('plan', 'pro')] };
    expect((await bench.get(`/?properties=${q(mixed)}`)).status).toBe(400);
  });
});

describe('Pages', () => {
  test('The links next and previous are absolute, with host and every parameter that was sent', async () => {
    const path = `/?limit=10&offset=20&properties=${q([person('plan', 'zzz', 'is_not')])}&secret=1`;
    const answer = await bench.get(path);
    const link = (offset: number) =>
      `${bench.url}/api/projects/1/persons${path.replace('offset=20', `offset=${offset}`)}`;
    expect(answer.json).toMatchObject({ next: link(30), previous: link(10) });
  });

  test('The link back to the first page is the unchanged current URL', async () => {
    const answer = await bench.get('/?limit=10&offset=10');
    expect(at(answer.json, 'previous')).toBe(`${bench.url}/api/projects/1/persons/?limit=10&offset=10`);
  });

  test('The last full page has a next that leads to an empty page', async () => {
    const last = await bench.get('/?limit=20&offset=20');
    expect(listed(last)).toHaveLength(20);
    const empty = await fetch(String(at(last.json, 'next')), {
      headers: { authorization: 'Bearer phx_sandbox' },
    });
    expect(await empty.json()).toMatchObject({ results: [], next: null });
  });

  test('A deleted person can make a page short that still has a next', async () => {
    await bench.reset({ clickhouse_lag: true });
    const [newest] = listed(await bench.get('/?limit=1'));
    await bench.post('/bulk_delete/', { ids: [newest] });
    const answer = await bench.get('/?limit=10');
    expect(listed(answer)).toHaveLength(9);
    expect(at(answer.json, 'next')).not.toBeNull();
  });

  test('The count is there only when asked for', async () => {
    expect((await bench.get('/')).json).not.toHaveProperty('count');
    expect((await bench.get('/?include_total=false')).json).toHaveProperty('count');
  });

  test('A limit of 0 means 100, and a word in its place is a server error', async () => {
    expect(listed(await bench.get('/?limit=0'))).toHaveLength(PERSONS_IN_PROJECT[1]);
    expect((await bench.get('/?limit=ten')).status).toBe(500);
    expect((await bench.get('/activity/?page=one')).status).toBe(500);
  });
});

describe('CSV', () => {
  test.each(['.csv', '/?format=csv'])(
    'CSV by %s ignores limit and offset, and nested members become columns',
    async (suffix) => {
      const mark = suffix.includes('?') ? '&' : '?';
      const answer = await bench.get(`${suffix}${mark}limit=1&offset=3`);
      expect(answer.headers.get('content-type')).toContain('text/csv');
      const lines = answer.text.trimEnd().split('\r\n');
      expect(lines).toHaveLength(PERSONS_IN_PROJECT[1] + 1);
      expect(lines[0]?.split(',')).toContain('properties.email');
    },
  );

  test('A boolean in CSV is spelled as Python spells it', async () => {
    const properties = { is_admin: true, is_staff: false };
    await bench.control('POST', 'persons', { project_id: 1, distinct_ids: ['jo'], properties });
    const { text } = await bench.get('.csv?distinct_id=jo');
    const [names = [], cells = []] = text.split('\r\n').map((line) => line.split(','));
    const cellOf = (name: string) => cells[names.indexOf(name)];
    expect(['properties.is_admin', 'properties.is_staff'].map(cellOf)).toEqual(['True', 'False']);
  });

  test('The Accept header chooses CSV too, and errors come in it', async () => {
    const answer = await bench.get('/424242/', { headers: { accept: 'text/csv' } });
    expect(answer.status).toBe(404);
    expect(answer.text).toMatch(/^attr,code,detail,type\r\n,not_found/);
  });

  test('The suffix is an alias on every path', async () => {
    expect((await bench.get(`/${ADA.id}.json`)).json).toMatchObject({ id: ADA.id });
    expect((await bench.get('/values.csv?key=plan')).text).toMatch(/^count,name\r\n/);
  });
});
