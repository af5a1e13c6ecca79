/** The answer to a query, written as the persons API writes the same persons. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { OpenAnswer } from '../../../src/upstream/client.ts';
import { asPersonsAnswer } from '../../../src/upstream/query/answer.ts';
import { failure } from '../../../src/core/failure.ts';
import { runs } from '../../support/properties/runs.ts';

const ADA = '0190c0de-0001-7000-8000-000000000001';
const BEN = '0190c0de-0001-7000-8000-000000000002';
const actor = (id: string, members: object = {}) => ({
  id,
  properties: { email: `${id}@acme.test`, tenant_id: 'acme' },
  distinct_ids: ['one', 'two'],
  is_identified: true,
  created_at: '2026-01-05T10:00:00Z',
  ...members,
});
const page = (rows: readonly unknown[], members: object = {}) => ({
  columns: ['actor'],
  results: rows,
  hasMore: false,
  missing_actors_count: 0,
  is_cached: false,
  last_refresh: '2026-01-20T09:00:00Z',
  ...members,
});

/** An answer whose body comes in pieces of this many bytes. */
function answerOf(text: string, size = 4096, mediaType = 'application/json'): OpenAnswer {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return {
    status: 200,
    mediaType,
    text: () => Promise.reject(new Error('not read as text')),
    chunks: () => ({
      whole: false,
      read: () => {
        const piece = bytes.subarray(at, at + size);
        at += size;
        return Promise.resolve(piece.length === 0 ? null : piece);
      },
      cancel: () => Promise.resolve(),
    }),
    lost: () => failure('upstream_unreachable', 'lost'),
  };
}

async function rewritten(body: unknown, envelope: 'full' | 'short' = 'full', size = 4096): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await asPersonsAnswer(answerOf(text, size), envelope);
  if (!answer.ok) throw new Error(answer.failure.code);
  const read = await answer.value.text(LIMITS.replyBytesMax);
  if (!read.ok) throw new Error(read.failure.code);
  const chunks = answer.value.chunks();
  expect(new TextDecoder().decode((await chunks.read()) ?? undefined)).toBe(read.value);
  expect(await chunks.read()).toBeNull();
  return read.value;
}
const codeOf = async (body: string): Promise<string> => {
  const answer = await asPersonsAnswer(answerOf(body), 'full');
  return answer.ok ? 'ok' : answer.failure.code;
};
const peopleIn = (text: string) =>
  (JSON.parse(text) as { results: [{ people: { uuid: string }[]; count: number }] }).results[0];

describe('Rows', () => {
  test('A row has the members that a row of the persons API has, in their order', async () => {
    const { people } = peopleIn(await rewritten(page([[actor(ADA, { last_seen_at: null })]])));
    expect(Object.entries(people[0] ?? {})).toEqual([
      ['type', 'person'],
      ['id', ADA],
      ['uuid', ADA],
      ['name', `${ADA}@acme.test`],
      ['distinct_ids', ['one', 'two']],
      ['properties', { email: `${ADA}@acme.test`, tenant_id: 'acme' }],
      ['created_at', '2026-01-05T10:00:00Z'],
      ['last_seen_at', null],
      ['is_identified', true],
      ['matched_recordings', []],
      ['value_at_data_point', null],
    ]);
  });

  test('A row of trends says how often its person did it, whatever the order of the columns', async () => {
    const counted = { columns: ['event_distinct_ids', 'event_count', 'actor'] };
    const { people } = peopleIn(await rewritten(page([[['one'], 7, actor(ADA)]], counted)));
    expect(people).toMatchObject([{ uuid: ADA, value_at_data_point: 7 }]);
  });

  test('A row keeps the digits of its properties', async () => {
    const digits = '{"big":12345678901234567890,"one":1.0,"small":1e-7}';
    const body = JSON.stringify(page([[actor(ADA, { properties: 'HERE' })]])).replace('"HERE"', digits);
    expect(await rewritten(body)).toContain(`"properties":${digits}`);
  });

  test('A person is in the page once, in the place where it stood first', async () => {
    const { people, count } = peopleIn(
      await rewritten(page([[actor(BEN)], [actor(ADA)], [actor(BEN.toUpperCase())]])),
    );
    expect(people.map(({ uuid }) => uuid)).toEqual([BEN, ADA]);
    expect(count).toBe(2);
  });

  test.each([
    ['a group', actor(ADA, { group_key: 'org:1', group_type_index: 0 })],
    ['a group by its type', actor(ADA, { type: 'group' })],
    ['a session', { id: ADA, type: 'session', properties: {} }],
    ['somebody without properties, who is gone', { id: ADA, is_unresolved: true }],
    ['somebody whose properties are null', actor(ADA, { properties: null })],
    ['somebody without a UUID', actor('org:1')],
    ['a text', 'ada'],
    ['nothing', null],
  ])('A row of %s is left out', async (_, cell) => {
    expect(peopleIn(await rewritten(page([[cell], [actor(BEN)]])))).toMatchObject({
      people: [{ uuid: BEN }],
      count: 1,
    });
  });

  test('A person that names a member twice is left out, for readers disagree on it', async () => {
    const twice = `{"id":"${ADA}","properties":{"tenant_id":"birch","tenant_id":"acme"}}`;
    const body = JSON.stringify(page([['HERE'], [actor(BEN)]])).replace('"HERE"', twice);
    expect(peopleIn(await rewritten(body)).people.map(({ uuid }) => uuid)).toEqual([BEN]);
  });
});

describe('Names', () => {
  const anonymous = '0190a707-0001-7000-9000-000000000001';
  test.each([
    [{ email: 'a@x.test', name: 'Ada', username: 'ada' }, ['one'], 'a@x.test'],
    [{ email: '', name: 'Ada' }, ['one'], 'Ada'],
    [{ email: 7, username: 'ada' }, ['one'], 'ada'],
    [{}, [anonymous, 'one'], 'one'],
    [{}, [anonymous], anonymous],
    [{}, [], ADA],
    [{}, null, ADA],
  ])('A person of %j with the ids %j is called %s', async (properties, ids, name) => {
    const text = await rewritten(page([[actor(ADA, { properties, distinct_ids: ids })]]));
    expect(peopleIn(text).people).toMatchObject([{ name }]);
  });
});

describe('Envelopes', () => {
  test('The full envelope says what the persons API said, and the short one the way on only', async () => {
    const body = page([[actor(ADA)]], { missing_actors_count: 3, is_cached: true });
    const full = JSON.parse(await rewritten(body)) as object;
    expect(Object.keys(full)).toEqual([
      'results',
      'next',
      'initial',
      'missing_persons',
      'is_cached',
      'last_refresh',
    ]);
    expect(full).toMatchObject({
      missing_persons: 3,
      is_cached: true,
      last_refresh: '2026-01-20T09:00:00Z',
    });
    expect(Object.keys(JSON.parse(await rewritten(body, 'short')) as object)).toEqual(['results', 'next']);
  });

  test('A count and a moment of the envelope are a number and a moment, or are as if PostHog had said none', async () => {
    const odd = { missing_actors_count: 'the query', is_cached: 'the query', last_refresh: 'the query' };
    expect(JSON.parse(await rewritten(page([], odd)))).toMatchObject({
      missing_persons: 0,
      is_cached: false,
      last_refresh: null,
    });
  });

  test('There is a way on if and only if PostHog has more', async () => {
    for (const hasMore of [true, false]) {
      const { next } = JSON.parse(await rewritten(page([], { hasMore }))) as { next: unknown };
      expect(next === null).toBe(!hasMore);
    }
  });

  test('Nothing that shows the query goes out', async () => {
    const secret = 'the filter of the tenant';
    const text = await rewritten(
      page([[actor(ADA, { hogql: secret })]], {
        hogql: secret,
        modifiers: { secret },
        cache_key: secret,
        query_metadata: [secret],
        timings: [{ k: secret }],
        warnings: [secret],
        error: secret,
        [secret]: secret,
      }),
    );
    expect(text).not.toContain(secret);
  });

  test.each([
    ['has no rows', { columns: ['actor'], hasMore: false }],
    ['has rows of another kind', { columns: ['actor'], results: {}, hasMore: false }],
    ['names no actors', { columns: ['id'], results: [[ADA]], hasMore: false }],
    ['names no columns', { results: [[actor(ADA)]], hasMore: false }],
    ['does not say whether there is more', { columns: ['actor'], results: [] }],
    ['is still computed', { query_status: { id: 'x', complete: false } }],
    ['is a list', []],
    ['is empty', ''],
    ['is cut', '{"columns":["actor"],"results":[['],
  ])('An answer that %s is none', async (_, body) => {
    expect(await codeOf(typeof body === 'string' ? body : JSON.stringify(body))).toBe(
      'upstream_reply_invalid',
    );
  });

  test('An answer that is larger than the gateway holds is refused as that', async () => {
    const large = actor(ADA, { properties: { note: 'x'.repeat(1_000_000) } });
    const rows = Array.from({ length: 9 }, () => [large]);
    expect(await codeOf(JSON.stringify(page(rows)))).toBe('upstream_reply_too_large');
  });

  test('An answer that is not JSON passes unread', async () => {
    const html = answerOf('<html>', 10, 'text/html');
    expect(await asPersonsAnswer(html, 'full')).toEqual({ ok: true, value: html });
  });
});

test('An answer means the same wherever it is cut, and whatever the order of its members', async () => {
  const members = Object.entries(
    page(
      [
        [actor(ADA), 3],
        [actor(BEN), 1],
      ],
      { columns: ['actor', 'event_count'] },
    ),
  );
  const expected = await rewritten(Object.fromEntries(members));
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 200 }),
      fc.shuffledSubarray(members, { minLength: members.length, maxLength: members.length }),
      async (size, shuffled) => {
        expect(await rewritten(Object.fromEntries(shuffled), 'full', size)).toBe(expected);
      },
    ),
    runs(100),
  );
});
