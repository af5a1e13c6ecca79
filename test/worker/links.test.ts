/**
 * Links lead through the gateway, say what the client said, and are complete: a client that follows `next` until there is
 * none has seen every row exactly once, also where PostHog's own links would lead elsewhere, in circles or nowhere.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { inQuery, operationOf, pathOf, type CallOptions } from '../support/calls.ts';
import {
  envelopeOf,
  followerOf,
  lines,
  LISTINGS,
  names,
  PAID,
  SIGNED_UP,
  VIEWED,
  WATCHED,
  type Args,
} from '../support/listings.ts';
import { readCsv } from '../support/csv.ts';
import { startStack } from '../support/stack.ts';

const stack = await startStack();
const { origin, sandboxOrigin, send, get, sandbox, tenants } = stack;
const { token } = await tenants.fresh();
const { local, follow, tables } = followerOf(stack, token);

beforeEach(() => sandbox.reset());

/** Makes enough of everything to page through: deletions, their events, and changes of one person. */
async function makeHistory(generation: string): Promise<void> {
  await sandbox.change({ generation: 'B' });
  for (let nth = 20; nth < 27; nth += 1) {
    await sandbox.ask(
      'DELETE',
      pathOf(operationOf('persons_retrieve'), { person: String(100_000 + nth) }) + '?delete_events=1',
    );
  }
  for (let seats = 0; seats < 5; seats += 1) {
    await sandbox.ask('PATCH', pathOf(operationOf('persons_retrieve')), { json: { properties: { seats } } });
  }
  await sandbox.change({ generation });
}

describe.each(LISTINGS)(
  'The pages of $id in generation $generation',
  ({ id, generation, args, limit, position }) => {
    const operation = operationOf(id);
    const startOf = (options: CallOptions, more: Args): string =>
      `${pathOf(operation, options)}?${inQuery({ ...args, ...more })}`;

    beforeEach(() => makeHistory(generation));

    test('Following next gives each row once, whatever the size of the pages', async () => {
      const whole = await follow(await get(token, startOf({}, { [limit]: 1000 })));
      expect(whole.pages).toHaveLength(1);
      expect(whole.rows.length).toBeGreaterThan(1);
      expect(new Set(whole.rows).size).toBe(whole.rows.length);
      for (const size of [1, 3, whole.rows.length]) {
        const { rows } = await follow(await get(token, startOf({}, { [limit]: size })));
        // PostHog sorts the rows of a page once more, so that ties may stand in another order in pages of another size.
        expect(new Set(rows), `pages of ${size}`).toEqual(new Set(whole.rows));
        expect(rows).toHaveLength(whole.rows.length);
      }
    });

    test('A link leads on in the family, with the slash and the parameters of the client', async () => {
      for (const options of [
        { family: 'projects', slash: true },
        { family: 'projects', slash: false },
        { family: 'environments', slash: true },
        { family: 'environments', slash: false },
      ] as const) {
        const start = startOf(options, { [limit]: 2 });
        const { next } = envelopeOf(await get(token, start));
        const link = new URL(next ?? '');
        expect(link.origin + link.pathname).toBe(origin + pathOf(operation, options));
        const asked = new URLSearchParams(start.split('?')[1]);
        asked.set(position, '2');
        expect(new Map(link.searchParams)).toEqual(new Map(asked));
      }
    });

    test('A link leads back, and to the start, where PostHog has such links', async () => {
      const first = envelopeOf(await get(token, startOf({}, { [limit]: 2 })));
      const second = envelopeOf(await get(token, local(first.next ?? '')));
      if (Object.hasOwn(second, 'previous')) {
        expect(first.previous).toBeNull();
        expect(names(envelopeOf(await get(token, local(second.previous ?? ''))))).toEqual(names(first));
      }
      if (Object.hasOwn(second, 'initial')) {
        expect(names(envelopeOf(await get(token, local(second.initial ?? ''))))).toEqual(names(first));
      }
      expect(names(second)).not.toEqual(names(first));
    });

    test('A link never names PostHog, even where PostHog answers from a cache with links of another client', async () => {
      await sandbox.change({ actors_cache: true });
      // Somebody with the key asks first, and PostHog remembers the answer with that caller's links in it.
      await sandbox.ask('GET', startOf({ family: 'environments', slash: false }, { [limit]: 2 }));
      const answer = await get(token, startOf({}, { [limit]: 2 }));
      expect(answer.text).not.toContain(new URL(sandboxOrigin).host);
      expect(new URL(envelopeOf(answer).next ?? '').pathname).toBe(pathOf(operation));
      const { rows } = await follow(answer);
      expect(new Set(rows).size).toBe(rows.length);
    });
  },
);

describe('Funnels asked for by POST', () => {
  test.each(['persons_funnel', 'persons_funnel_correlation'])(
    'The funnel %s leads on by links that GET follows',
    async (id) => {
      await sandbox.change({ generation: 'A' });
      const operation = operationOf(id);
      const limit = id === 'persons_funnel' ? 'limit' : 'funnel_correlation_person_limit';
      const args = {
        events: [SIGNED_UP, PAID],
        date_from: '-14d',
        ...(limit === 'limit' ? { funnel_step: 1 } : { funnel_correlation_person_entity: WATCHED }),
      };
      const whole = await follow(
        await send('POST', pathOf(operation), { token, json: { ...args, [limit]: 1000 } }),
      );
      const paged = await follow(
        await send('POST', pathOf(operation), { token, json: { ...args, [limit]: 2 } }),
      );
      expect(whole.pages).toHaveLength(1);
      expect(paged.rows).toEqual(whole.rows);
      expect(paged.pages.length).toBeGreaterThan(1);
      expect(new URL(paged.links[0] ?? '').searchParams.get('events')).toBe(JSON.stringify(args.events));
    },
  );
});

test('A funnel with more filters than a URL can hold leads on by the same body', async () => {
  const path = pathOf(operationOf('persons_funnel'));
  const value = Array.from({ length: 900 }, (_, i) => `nobody-${i}@a-rather-long-name.example`);
  const properties = [{ key: 'email', type: 'person', operator: 'is_not', value }];
  const json = { events: [SIGNED_UP, PAID], funnel_step: 1, date_from: '-14d', properties };
  const whole = envelopeOf(await send('POST', path, { token, json: { ...json, limit: 1000 } }));
  const rows: unknown[] = [];
  for (let next: string | null = path; next !== null;) {
    const page = envelopeOf(await send('POST', next, { token, json: { ...json, limit: 7 } }));
    rows.push(...names(page));
    expect(rows.length).toBeLessThan(1000);
    next = page.next === null ? null : local(page.next);
  }
  expect(rows.length).toBeGreaterThan(7);
  expect(rows).toEqual(names(whole));
});

describe('Short pages', () => {
  const LIST = '/api/projects/1/persons';

  test('A short page is not the last: rows of people who are gone are passed over, and none is lost', async () => {
    await sandbox.change({ clickhouse_lag: true });
    const before = await follow(await get(token, `${LIST}?limit=1000`));
    const gone = before.rows.filter((_, i) => i % 4 < 3);
    await sandbox.ask('POST', `${LIST}/bulk_delete/`, { json: { ids: gone } });
    const { rows, pages } = await follow(await get(token, `${LIST}?limit=3`));
    expect(rows).toEqual(before.rows.filter((_, i) => i % 4 === 3));
    expect(pages.slice(0, -1)).toContain(0);
  });

  test('A short page of an insight says how many are missing, and leads on', async () => {
    const args = inQuery({
      events: [VIEWED],
      entity_id: '$pageview',
      entity_type: 'events',
      date_from: '-14d',
      limit: 2,
    });
    const trends = `${LIST}/trends/?${args}`;
    const before = await follow(await get(token, trends));
    await sandbox.ask('POST', `${LIST}/bulk_delete/`, { json: { ids: before.rows.slice(0, 5) } });
    const first = await get(token, trends);
    expect(first.json).toMatchObject({ results: [{ people: [], count: 0 }], missing_persons: 2 });
    expect((await follow(first)).rows).toEqual(before.rows.slice(5));
  });

  test('A short page at the very end leads to an empty page that is the last', async () => {
    const { pages } = await follow(await get(token, `${LIST}?limit=20`));
    expect(pages).toEqual([20, 20, 0]);
  });
});

test('A text that looks like a link in the properties of a person is left as it is', async () => {
  const strange = {
    next: `${sandboxOrigin}/api/projects/1/persons/?offset=2`,
    previous: 'https://us.posthog.com/api/projects/1/persons/?token=x',
    initial: null,
    results: [{ next: 'https://elsewhere.example/"quoted"\\' }],
    digits: '12345678901234567890',
    'a "name" with, next: in it': '"next": "https://us.posthog.com/"',
  };
  await sandbox.addPersons([
    { project_id: 1, distinct_ids: ['strange'], properties: strange, created_at: '2026-01-15T11:59:59Z' },
  ]);
  const list = envelopeOf(await get(token, '/api/projects/1/persons?limit=1'));
  expect(list.results).toMatchObject([{ properties: strange }]);
  expect(list.next).toBe(`${origin}/api/projects/1/persons?limit=1&offset=1`);
  const one = await get(token, `/api/projects/1/persons?distinct_id=strange`);
  expect(one.json).toMatchObject({ results: [{ properties: strange }], next: null });
});

test('An answer without links is passed on byte for byte', async () => {
  const answer = await get(token, `/api/projects/1/persons/${ADA.uuid}`);
  const direct = await sandbox.ask('GET', `/api/projects/1/persons/${ADA.uuid}/`);
  expect(answer.text).toBe(direct.text);
});

describe('Tables', () => {
  test('A table has one line per person and a Link header to the next page, to the end', async () => {
    const rows = await tables('/api/environments/1/persons?format=csv&limit=7');
    expect(rows).toHaveLength(40);
    expect(new Set(rows).size).toBe(40);
    const [head] = lines((await get(token, '/api/environments/1/persons?format=csv&limit=7')).text);
    expect(head?.split(',')).toEqual(expect.arrayContaining(['uuid', 'distinct_ids', 'properties', 'other']));
  });

  test('A table of the people behind an insight is one line per person too', async () => {
    const args = inQuery({
      events: [VIEWED],
      entity_id: '$pageview',
      entity_type: 'events',
      date_from: '-14d',
      limit: 6,
    });
    const json = await follow(await get(token, `/api/projects/1/persons/trends?${args}`));
    expect(await tables(`/api/projects/1/persons/trends?${args}&format=csv`)).toHaveLength(json.rows.length);
  });

  test('A table has named property columns on request, and guards what a spreadsheet would run as a formula', async () => {
    const properties = { email: '=HYPERLINK("https://evil.example","x")', name: '+1', note: 'a,b\n"c"' };
    await sandbox.addPersons([{ project_id: 1, distinct_ids: ['@formula'], properties }]);
    const columns = inQuery({ columns: ['email', 'name', 'note', 'x.y'] });
    const { text } = await get(token, `/api/projects/1/persons?format=csv&distinct_id=@formula&${columns}`);
    const [head = [], row = []] = readCsv(text);
    expect(head.slice(-4)).toEqual([
      'properties.email',
      'properties.name',
      'properties.note',
      'properties.x.y',
    ]);
    expect(row.slice(-4)).toEqual([`'${properties.email}`, "'+1", properties.note, '']);
    expect(JSON.parse(row[head.indexOf('properties')] ?? '')).toEqual(properties);
    expect(row[head.indexOf('distinct_ids')]).toBe('["@formula"]');
  });

  test('A table has the same columns on every page of a listing, even where a page is empty', async () => {
    const start = '/api/projects/1/persons?format=csv&columns=["plan"]&limit=';
    const heads = await Promise.all(
      [`${start}1`, `${start}1&offset=7`, `${start}100`, `${start}10&offset=4000`].map(
        async (target) => lines((await get(token, target)).text)[0],
      ),
    );
    expect(new Set(heads).size).toBe(1);
  });

  test('A table is refused where there are no rows, and a refusal is JSON', async () => {
    for (const path of [`/${ADA.uuid}`, '/values', '/nonsense']) {
      const answer = await get(
        token,
        `/api/projects/1/persons${path}?format=csv${path === '/values' ? '&key=plan' : ''}`,
      );
      expect(answer).toMatchObject({ status: 400, headers: { 'content-type': 'application/problem+json' } });
    }
  });
});
