/** Usage over HTTP: what is counted, who is shown it, and in which forms. */
import { describe, expect, test, vi } from 'vitest';
import { ADA, BEN, CYD, seededUuid } from '../../src/sandbox/seed/names.ts';
import { readCsv } from '../support/csv.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { send, get, tenants, admin, sandbox, recorder } = await startStack();

const PERSONS = '/api/projects/1/persons';
const HOUR = 3_600_000;

interface Row {
  readonly starts_at: string;
  readonly token: string;
  readonly name: string | null;
  readonly admitted: number;
  readonly refused: number;
  readonly upstream_calls: number;
  readonly remembered_answers: number;
  readonly persons_deleted: number;
  readonly refused_by_code: Readonly<Record<string, number>>;
}

interface Page {
  readonly results: readonly Row[];
  readonly next: string | null;
}

const pageOf = ({ status, text, json }: { status: number; text: string; json: unknown }): Page => {
  if (status !== 200) throw new Error(`${status} ${text}`);
  return json as Page;
};

const ofTenant = async (tenant: string, query = ''): Promise<readonly Row[]> =>
  pageOf(await admin('GET', `/${tenant}/usage${query}`)).results;

/** All hours of a token together: an hour may end while a test runs. */
function total(rows: readonly Row[], token: string) {
  const own = rows.filter((row) => row.token === token);
  const sum = (of: (row: Row) => number) => own.reduce((all, row) => all + of(row), 0);
  const refused_by_code: Record<string, number> = {};
  for (const row of own) {
    for (const [code, count] of Object.entries(row.refused_by_code))
      refused_by_code[code] = (refused_by_code[code] ?? 0) + count;
  }
  return {
    admitted: sum((row) => row.admitted),
    refused: sum((row) => row.refused),
    refused_by_code,
    upstream_calls: sum((row) => row.upstream_calls),
    remembered_answers: sum((row) => row.remembered_answers),
    persons_deleted: sum((row) => row.persons_deleted),
  };
}

const NONE = {
  admitted: 0,
  refused: 0,
  refused_by_code: {},
  upstream_calls: 0,
  remembered_answers: 0,
  persons_deleted: 0,
};

const at = (ms: number): string => new Date(ms).toISOString();

const sorted = (...ids: string[]): string[] => ids.toSorted();

/** The tokens that a token is shown. */
const seen = async (by: string, query = ''): Promise<string[]> => [
  ...new Set(pageOf(await get(by, `/v1/usage${query}`)).results.map((row) => row.token)),
];

/** A request is counted when its answer has gone out, which may be after the next request comes. */
const eventually = (tenant: string, token: string, expected: object): Promise<void> =>
  vi.waitFor(async () => expect(total(await ofTenant(tenant), token)).toEqual({ ...NONE, ...expected }), {
    timeout: 10_000,
    interval: 20,
  });

describe('What is counted', () => {
  test('Each request is admitted or refused by its code, and calls to PostHog are counted beside', async () => {
    const { tenant, token, id } = await tenants.fresh();
    await get(token, `${PERSONS}/?limit=1`);
    await get(token, '/v1/whoami');
    problem(await get(token, `${PERSONS}/?limit=x`), 'parameter_invalid', 'limit');
    problem(await get(token, `${PERSONS}/?limit=y`), 'parameter_invalid', 'limit');
    problem(await get(token, '/api/projects/2/persons/'), 'project_not_granted', 'project_id');
    await eventually(tenant, id, {
      admitted: 2,
      refused: 3,
      refused_by_code: { parameter_invalid: 2, project_not_granted: 1 },
      upstream_calls: 1,
    });
  });

  test('A request beyond the rate is counted as refused, and so is one of a revoked token', async () => {
    const { tenant, token, id } = await tenants.fresh({ rate: { requests_per_minute: 1, burst: 1 } });
    await get(token, '/v1/whoami');
    problem(await get(token, '/v1/whoami'), 'rate_limited');
    await admin('DELETE', `/${tenant}/tokens/${id}`);
    problem(await get(token, '/v1/whoami'), 'token_revoked');
    await eventually(tenant, id, {
      admitted: 1,
      refused: 2,
      refused_by_code: { rate_limited: 1, token_revoked: 1 },
    });
  });

  test('A request whose token does not hold is the usage of no token', async () => {
    const { tenant, token, id } = await tenants.fresh();
    problem(await get(`${token.slice(0, -4)}AAAA`, '/v1/whoami'), 'token_signature_invalid');
    await get(token, '/v1/whoami');
    await eventually(tenant, id, { admitted: 1 });
    expect((await ofTenant(tenant)).map((row) => row.token)).toEqual([id]);
  });

  test('An answer that is given again is a remembered one, and no call to PostHog; its log line says so', async () => {
    const { tenant, token, id } = await tenants.fresh({ reads: { remember_seconds: 60 } });
    await get(token, `${PERSONS}/?limit=7`);
    const again = await get(token, `${PERSONS}/?limit=7`);
    expect(again.headers['age']).toBeDefined();
    await eventually(tenant, id, { admitted: 2, upstream_calls: 1, remembered_answers: 1 });
    const line = recorder.lines.find((one) => one.includes(String(again.headers['x-request-id'])));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ remembered: true, upstream_calls: 0 });
  });

  test('Persons are counted for the token that deleted them, in numbers of PostHog', async () => {
    await sandbox.reset();
    const { tenant, token, id } = await tenants.fresh();
    const child = await tenants.derive(token);
    await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: [ADA.uuid, BEN.uuid, ADA.uuid] } });
    await send('DELETE', `${PERSONS}/${CYD.uuid}/`, { token: child.token });
    const deleted = async () => {
      const rows = await ofTenant(tenant);
      return [id, child.id].map((one) => total(rows, one).persons_deleted);
    };
    expect(await deleted()).toEqual([2, 1]);
    const own = pageOf(await get(child.token, '/v1/usage')).results;
    expect(total(own, child.id).persons_deleted).toBe(1);
    expect(own.filter((row) => row.token !== child.id)).toEqual([]);
  });

  test('Persons of a deletion of several chunks are those that PostHog found', async () => {
    await sandbox.reset();
    const { tenant, token, id } = await tenants.fresh();
    const ids = Array.from({ length: 1100 }, (_, i) => seededUuid(1, i + 1));
    await send('POST', '/v1/deletions', { token, json: { ids } });
    await vi.waitFor(async () => expect(total(await ofTenant(tenant), id).persons_deleted).toBe(40), {
      timeout: 20_000,
      interval: 100,
    });
  });

  test('A deletion that keeps the persons counts none of them', async () => {
    await sandbox.reset();
    const { tenant, token, id } = await tenants.fresh();
    const json = { ids: [ADA.uuid], keep_person: true, delete_events: true };
    const answer = await send('POST', `${PERSONS}/bulk_delete/`, { token, json });
    expect(answer.status).toBe(202);
    expect(total(await ofTenant(tenant), id).persons_deleted).toBe(0);
  });

  test('The rows of an hour add up to the row of the day, refusals to their codes', async () => {
    const { tenant, token, id } = await tenants.fresh();
    for (let sent = 0; sent < 5; sent += 1) await get(token, '/v1/whoami');
    problem(await get(token, `${PERSONS}/?limit=x`), 'parameter_invalid', 'limit');
    await eventually(tenant, id, { admitted: 5, refused: 1, refused_by_code: { parameter_invalid: 1 } });
    const [hours, days] = [await ofTenant(tenant), await ofTenant(tenant, '?by=day')];
    expect(total(days, id)).toEqual(total(hours, id));
    expect(days.every(({ starts_at }) => starts_at.endsWith('T00:00:00.000Z'))).toBe(true);
    expect(hours.every(({ starts_at }) => starts_at.endsWith(':00:00.000Z'))).toBe(true);
  });
});

describe('Who is shown usage', () => {
  test('A token sees itself and its descendants; its parent, its siblings and other tenants it does not', async () => {
    const { tenant, token, id } = await tenants.fresh();
    const sibling = await tenants.mint(tenant);
    const child = await tenants.derive(token, { name: 'a page', scopes: ['person:read'] });
    const grandchild = await tenants.derive(child.token);
    const other = await tenants.fresh();
    const all = [token, sibling.token, child.token, grandchild.token, other.token];
    for (const one of all) await get(one, '/v1/whoami');
    await vi.waitFor(
      async () => {
        expect(sorted(...(await seen(token)))).toEqual(sorted(id, child.id, grandchild.id));
        expect(sorted(...(await seen(child.token)))).toEqual(sorted(child.id, grandchild.id));
        expect(await seen(grandchild.token)).toEqual([grandchild.id]);
        expect(await seen(sibling.token)).toEqual([sibling.id]);
      },
      { timeout: 10_000, interval: 20 },
    );
    for (const foreign of [id, sibling.id, other.id])
      expect(await seen(child.token, `?token=${foreign}`)).toEqual([]);
    expect(await seen(token, `?token=${child.id}`)).toEqual([child.id]);
    const operator = new Set((await ofTenant(tenant)).map((row) => row.token));
    expect(sorted(...operator)).toEqual(sorted(id, sibling.id, child.id, grandchild.id));
  });

  test('A token of a slice sees what it did itself, and needs no scope for that', async () => {
    const { tenant, token: parent } = await tenants.fresh();
    const slice = { property: 'tenant_id', value: 'acme' };
    const child = await tenants.derive(parent, { scopes: ['cohort:read'], slice });
    await get(child.token, '/v1/whoami');
    await eventually(tenant, child.id, { admitted: 1 });
    const shown = pageOf(await get(child.token, '/v1/usage')).results;
    expect(new Set(shown.map((row) => row.token))).toEqual(new Set([child.id]));
  });

  test('The operator reads the usage of a tenant that was removed; its successor does not', async () => {
    const { tenant, token, id } = await tenants.fresh();
    await get(token, '/v1/whoami');
    await eventually(tenant, id, { admitted: 1 });
    await admin('DELETE', `/${tenant}`);
    expect(total(await ofTenant(tenant), id)).toMatchObject({ admitted: 1 });
    await tenants.put(tenant);
    const later = await tenants.mint(tenant);
    const shown = pageOf(await get(later.token, '/v1/usage')).results;
    expect(shown.filter((row) => row.token === id)).toEqual([]);
  });

  test('A tenant that never was has no usage', async () => {
    problem(await admin('GET', '/never-registered/usage'), 'record_unknown', 'tenant');
  });

  test('Usage of a tenant takes the admin token, usage of a token a token', async () => {
    const { tenant, token } = await tenants.fresh();
    problem(await get(token, `/admin/v1/tenants/${tenant}/usage`), 'admin_token_invalid');
    problem(await get(ADMIN_TOKEN, '/v1/usage'), 'token_malformed');
  });
});

describe('How usage is listed', () => {
  test('Pages hold every row once, whatever their size', async () => {
    const { tenant, token } = await tenants.fresh();
    const children = [];
    for (let made = 0; made < 4; made += 1) children.push(await tenants.derive(token));
    for (const child of children) await get(child.token, '/v1/whoami');
    await vi.waitFor(
      async () => expect(new Set((await ofTenant(tenant)).map((row) => row.token)).size).toBe(5),
      { timeout: 10_000, interval: 20 },
    );
    const whole = await ofTenant(tenant);
    const paged: Row[] = [];
    let next: string | null = `/admin/v1/tenants/${tenant}/usage?limit=2`;
    while (next !== null) {
      const page: Page = pageOf(await send('GET', next, { token: ADMIN_TOKEN }));
      expect(page.results.length).toBeLessThanOrEqual(2);
      paged.push(...page.results);
      next = page.next === null ? null : new URL(page.next).pathname + new URL(page.next).search;
    }
    expect(paged).toEqual(whole);
  });

  test('Hours are shown from the one of `from` to the last that begins before `to`', async () => {
    const { tenant, token, id } = await tenants.fresh();
    await get(token, '/v1/whoami');
    await eventually(tenant, id, { admitted: 1 });
    const [row] = await ofTenant(tenant);
    const begin = Date.parse(row?.starts_at ?? '');
    const shown = async (from: number, to: number) =>
      (await ofTenant(tenant, `?from=${at(from)}&to=${at(to)}`)).filter(
        ({ starts_at }) => starts_at === row?.starts_at,
      ).length;
    expect(await shown(begin + HOUR - 1, begin + HOUR)).toBe(1);
    expect(await shown(begin - HOUR, begin + 1)).toBe(1);
    expect(await shown(begin + HOUR, begin + 2 * HOUR)).toBe(0);
    expect(await shown(begin - HOUR, begin)).toBe(0);
    const day = at(begin).slice(0, 10);
    expect((await ofTenant(tenant, `?from=${day}`)).length).toBeGreaterThan(0);
  });

  test('A table has fixed columns, and a name that would run as a formula is guarded', async () => {
    const { tenant, token: parent } = await tenants.fresh();
    const name = '=HYPERLINK("https://evil.example")';
    const child = await tenants.derive(parent, { name });
    problem(await get(child.token, `${PERSONS}/?limit=x`), 'parameter_invalid', 'limit');
    await eventually(tenant, child.id, {
      refused: 1,
      refused_by_code: { parameter_invalid: 1 },
    });
    const answer = await get(child.token, '/v1/usage?format=csv&by=day');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    const [header, row] = readCsv(answer.text);
    expect(header).toEqual(
      'starts_at token name admitted refused upstream_calls remembered_answers persons_deleted refused_by_code'.split(
        ' ',
      ),
    );
    expect(row?.slice(1, 3)).toEqual([child.id, `'${name}`]);
    expect(row?.slice(4)).toEqual(['1', '0', '0', '0', '{"parameter_invalid":1}']);
  });

  test.each([
    ['from=yesterday', 'from'],
    ['to=2026-13-01', 'to'],
    ['to=1795000000', 'to'],
    ['by=week', 'by'],
    ['token=tok_x', 'token'],
    ['format=ndjson', 'format'],
    ['cursor=1', 'cursor'],
    ['limit=0', 'limit'],
    ['from=2026-01-02&to=2026-01-01', 'from'],
    ['from=2026-01-02&to=2026-01-02', 'from'],
  ])('The query %s is refused with the name of what was wrong', async (query, attr) => {
    const { tenant, token } = await tenants.fresh();
    await sandbox.forget();
    problem(await get(token, `/v1/usage?${query}`), 'parameter_invalid', attr);
    problem(await admin('GET', `/${tenant}/usage?${query}`), 'parameter_invalid', attr);
    expect(await sandbox.received()).toEqual([]);
  });

  test('A parameter that is not known is refused', async () => {
    const { token } = await tenants.fresh();
    problem(await get(token, '/v1/usage?since=1'), 'parameter_unknown', 'since');
  });
});
