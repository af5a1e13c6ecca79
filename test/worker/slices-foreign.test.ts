/** Should PostHog ignore the slice it was sent: nobody foreign goes out, pages stay whole, and the operator is told. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, CYD } from '../../src/sandbox/seed/names.ts';
import { callOf, inQuery, operationOf } from '../support/calls.ts';
import { until } from '../support/client.ts';
import { startFakePostHog } from '../support/fake-posthog.ts';
import { PERSONS, SLICE } from '../support/generations.ts';
import { LISTINGS, VIEWED } from '../support/listings.ts';
import { startStack } from '../support/stack.ts';

const posthog = await startFakePostHog();
const { origin, get, send, tenants, recorder } = await startStack({
  upstream: () => Promise.resolve(posthog.origin),
  bindings: { POSTHOG_GENERATION: 'A', POSTHOG_OWNERS_PROJECT: '1' },
});
afterAll(() => posthog.stop());

const SECRET = 'nobody-may-see-this';
const row = (uuid: string, properties: unknown, more: object = {}) => ({
  type: 'person',
  id: uuid,
  uuid,
  name: SECRET,
  distinct_ids: [SECRET],
  properties,
  created_at: '2026-01-05T10:00:00Z',
  ...more,
});
const foreignUuid = (nth: number): string => `0190c0de-0001-7000-8000-${String(900 + nth).padStart(12, '0')}`;
/** Everything that is not in the slice, however close to it. */
const FOREIGN = [
  { tenant_id: 'birch' },
  { plan: 'pro' },
  {},
  { tenant_id: 'Acme' },
  { tenant_id: ' acme' },
  { tenant_id: 'acme ' },
  { tenant_id: ['acme'] },
  { tenant_id: { value: 'acme' } },
  { tenant_id: 7 },
  { tenant_id: true },
  { tenant_id: null },
  { tenant_id: '' },
  { TENANT_ID: 'acme' },
  null,
  [],
  'acme',
  undefined,
].map((properties, nth) => row(foreignUuid(nth), properties));
const GROUP = {
  type: 'group',
  id: SECRET,
  group_key: SECRET,
  group_type_index: 0,
  properties: { name: SECRET },
};
const own = (uuid: string) => ({ ...row(uuid, { tenant_id: 'acme' }), name: 'own', distinct_ids: ['own'] });
const ROWS = [...FOREIGN.slice(0, 5), own(ADA.uuid), ...FOREIGN.slice(5), GROUP, own(BEN.uuid)];
const DROPPED = ROWS.length - 2;

const filtered = [...new Map(LISTINGS.map((one) => [one.id, one])).values()].filter(
  ({ id }) => operationOf(id).slicing.kind === 'filtered',
);
let token = '';
beforeEach(async () => {
  ({ token } = await tenants.fresh(SLICE));
  posthog.heard.length = 0;
});

const lineOf = (requestId: string | undefined): Promise<Record<string, unknown>> =>
  until('the log line is there', () => {
    const line = recorder.lines.find((text) => text.includes(requestId ?? '?') && text.includes('"route"'));
    return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
  });

describe.each(filtered)('$id of a PostHog that ignores the filter', ({ id, args, limit }) => {
  const pageOf = (rows: readonly unknown[], next: string | null) =>
    id === 'persons_list'
      ? { results: rows, next, previous: null }
      : { results: [{ people: rows, count: rows.length }], next, initial: null, missing_persons: 40 };
  const upstreamNext = `${posthog.origin}/api/projects/1/persons/?${limit}=${ROWS.length}&offset=${ROWS.length}`;
  const target = (more: object = {}): string =>
    callOf(operationOf(id), 'GET', { args: { ...args, [limit]: ROWS.length, ...more } }).target;

  test('answers the rows of the slice, says which next there is, and raises an alarm', async () => {
    for (const next of [upstreamNext, null]) {
      posthog.answers(() => pageOf(ROWS, next));
      const answer = await get(token, target());
      expect(answer.status, answer.text).toBe(200);
      expect(answer.text).not.toContain(SECRET);
      for (const { uuid } of FOREIGN) expect(answer.text).not.toContain(uuid);
      const json = answer.json as { results: object[]; next: string | null };
      const people = id === 'persons_list' ? json.results : (json.results[0] as { people: object[] }).people;
      expect(people).toEqual([own(ADA.uuid), own(BEN.uuid)]);
      if (id !== 'persons_list') expect(json.results).toEqual([{ people, count: 2 }]);
      expect(json).not.toHaveProperty('missing_persons');
      if (next === null) expect(json.next).toBeNull();
      else expect(json.next?.startsWith(`${origin}/`)).toBe(true);
      expect(await lineOf(answer.headers['x-request-id'])).toMatchObject({
        alarm: 'foreign_rows',
        foreign_rows: DROPPED,
      });
    }
  });

  test('answers a page of nobody, with next, where all rows are foreign', async () => {
    posthog.answers(() => pageOf(FOREIGN, upstreamNext));
    const answer = await get(token, target());
    const json = answer.json as { results: object[]; next: string | null };
    expect(json.results).toEqual(id === 'persons_list' ? [] : [{ people: [], count: 0 }]);
    expect(json.next?.startsWith(`${origin}/`)).toBe(true);
  });

  test('makes a table of the rows of the slice only, and says so in the log', async () => {
    posthog.answers(() => pageOf(ROWS, null));
    const answer = await get(token, target({ format: 'csv' }));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.text.trim().split('\r\n')).toHaveLength(3);
    expect(answer.text).not.toContain(SECRET);
    expect(await lineOf(answer.headers['x-request-id'])).toMatchObject({ foreign_rows: DROPPED });
    expect(posthog.heard.filter((heard) => heard.includes('csv'))).toEqual([]);
  });

  test('raises no alarm where every row is in the slice', async () => {
    posthog.answers(() => pageOf([own(ADA.uuid)], null));
    const answer = await get(token, target());
    expect(await lineOf(answer.headers['x-request-id'])).not.toHaveProperty('alarm');
  });
});

describe('a person that PostHog answers with', () => {
  test.each(FOREIGN.map(({ properties }, nth) => [JSON.stringify(properties), nth] as const))(
    'is not there with the properties %s, read, changed or deleted',
    async (_, nth) => {
      posthog.answers(() => FOREIGN[nth]);
      const path = `${PERSONS}/${CYD.uuid}/`;
      for (const [method, target, json] of [
        ['GET', path, undefined],
        ['GET', `${path}activity/`, undefined],
        ['GET', `${path}properties_timeline/?${inQuery({ events: [VIEWED] })}`, undefined],
        ['PATCH', path, { properties: { plan: 'x' } }],
        ['POST', `${path}delete_property/`, { $unset: 'plan' }],
        ['DELETE', path, undefined],
        ['POST', `${path}delete_events/`, undefined],
      ] as const) {
        posthog.heard.length = 0;
        const answer = await send(method, target, { token, ...(json === undefined ? {} : { json }) });
        expect(answer, `${method} ${target}`).toMatchObject({ status: 404, json: { code: 'not_found' } });
        expect(posthog.heard).toEqual([`GET ${path}`]);
      }
    },
  );
});
