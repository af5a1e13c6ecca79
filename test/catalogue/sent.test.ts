/** What PostHog is sent for what a client asked. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { exampleOf, forwarded, OTHER_UUID, UUID, type Asked } from '../support/catalogue/operations.ts';

const paged = CATALOGUE.filter(({ reply }) => reply.paging !== null);
const pagedCases = paged.map((operation) => [operation.id, operation] as const);
const unpaged = CATALOGUE.filter(({ reply, effect }) => reply.paging === null && effect !== 'delete');

describe('Requests to PostHog', () => {
  test.each<[string, Asked, string, string[], [string, string][], unknown]>([
    ['persons_list', {}, 'GET', [], [['limit', '100']], null],
    ['persons_list', { query: { offset: '0' } }, 'GET', [], [['limit', '100']], null],
    [
      'persons_list',
      { query: { email: 'ada@acme.test', limit: '5', offset: '10' } },
      'GET',
      [],
      [
        ['email', 'ada@acme.test'],
        ['limit', '5'],
        ['offset', '10'],
      ],
      null,
    ],
    ['persons_retrieve', { person: UUID.toUpperCase() }, 'GET', [UUID], [], null],
    ['persons_activity', {}, 'GET', ['activity'], [['limit', '10']], null],
    [
      'persons_activity',
      { query: { page: '3' } },
      'GET',
      ['activity'],
      [
        ['limit', '10'],
        ['page', '3'],
      ],
      null,
    ],
    [
      'persons_person_activity',
      { query: { page: '1' } },
      'GET',
      ['123', 'activity'],
      [['limit', '10']],
      null,
    ],
    ['persons_cohorts', { query: { person_id: '5' } }, 'GET', ['cohorts'], [['person_id', '5']], null],
    ['persons_values', { query: { key: 'a&b=c' } }, 'GET', ['values'], [['key', 'a&b=c']], null],
    [
      'persons_funnel',
      { method: 'POST', body: { funnel_step: -2 } },
      'POST',
      ['funnel'],
      [],
      { funnel_step: -2, limit: 100 },
    ],
    [
      'persons_funnel',
      { method: 'POST', query: { funnel_step: '1', offset: '100' } },
      'POST',
      ['funnel'],
      [],
      { funnel_step: 1, limit: 100, offset: 100 },
    ],
    [
      'persons_funnel_correlation',
      { query: { funnel_correlation_person_offset: '5' } },
      'GET',
      ['funnel', 'correlation'],
      [
        ['funnel_correlation_person_limit', '100'],
        ['funnel_correlation_person_offset', '5'],
      ],
      null,
    ],
    [
      'persons_update',
      { method: 'PUT', body: { properties: { a: null } } },
      'PUT',
      ['123'],
      [],
      { properties: { a: null } },
    ],
    [
      'persons_update_property',
      { body: { key: 'a', value: null } },
      'POST',
      ['123', 'update_property'],
      [],
      { key: 'a', value: null },
    ],
    [
      'persons_delete_property',
      { body: { $unset: 'a' } },
      'POST',
      ['123', 'delete_property'],
      [],
      { $unset: 'a' },
    ],
    ['persons_split', {}, 'POST', ['123', 'split'], [], null],
    [
      'persons_split',
      { body: { main_distinct_id: 'a' } },
      'POST',
      ['123', 'split'],
      [],
      { main_distinct_id: 'a' },
    ],
    [
      'persons_batch_by_uuids',
      { body: { uuids: [UUID.toUpperCase(), OTHER_UUID] } },
      'POST',
      ['batch_by_uuids'],
      [],
      { uuids: [UUID, OTHER_UUID] },
    ],
  ])('The request %s with %j is sent as this one message', (id, asked, method, segments, query, body) => {
    const call = forwarded(id, asked);
    expect({ method: call.method, segments: call.segments, query: call.query, body: call.body }).toEqual({
      method,
      segments,
      query,
      body,
    });
  });

  test.each(pagedCases)(
    'The request by %s always names the limit, so that two defaults cannot differ',
    (id, operation) => {
      for (const method of operation.methods) {
        const { query, body } = forwarded(id, exampleOf(operation, method));
        const sent = method === 'GET' ? Object.fromEntries(query) : body;
        expect(sent).toHaveProperty(operation.reply.paging?.limit ?? '');
      }
    },
  );

  test('A request holds each name once, and on GET no body', () => {
    for (const operation of CATALOGUE.filter(({ effect }) => effect !== 'delete')) {
      for (const method of operation.methods) {
        const { query, body } = forwarded(operation.id, exampleOf(operation, method));
        expect(new Set(query.map(([name]) => name)).size).toBe(query.length);
        if (method === 'GET') expect(body).toBeNull();
        else expect(query).toEqual([]);
      }
    }
  });

  test('A request names include_total only where it is true: PostHog counts as soon as it is there', () => {
    const counted = forwarded('persons_list', { query: { include_total: 'true' } });
    expect(counted.query).toContainEqual(['include_total', 'true']);
    const uncounted = forwarded('persons_list', { query: { include_total: 'false' } });
    expect(uncounted.query.map(([name]) => name)).not.toContain('include_total');
    // What the client asked for is still what its links repeat.
    expect(uncounted.asked).toEqual([['include_total', 'false']]);
  });

  test('A request holds a JSON parameter as compact JSON of what was validated, not the bytes that came', () => {
    const properties = ' [ {"value":"x", "key":"a","type":"person"} ] ';
    expect(forwarded('persons_list', { query: { properties } }).query).toEqual([
      ['properties', '[{"key":"a","type":"person","operator":"exact","value":"x"}]'],
      ['limit', '100'],
    ]);
  });
});

describe('Page positions', () => {
  test.each(pagedCases)(
    'The page of %s starts at the first position with the default limit',
    (_, operation) => {
      const paging = operation.reply.paging;
      const call = forwarded(operation.id, exampleOf(operation, 'GET'));
      const asked = Object.fromEntries(call.asked);
      expect(call.window).toEqual({
        limit: Number(asked[paging?.limit ?? ''] ?? paging?.limitDefault),
        position: paging?.unit === 'page' ? 1 : 0,
      });
    },
  );

  test('A page position is there for listings and for nothing else', () => {
    for (const operation of unpaged) {
      expect(forwarded(operation.id, exampleOf(operation)).window, operation.id).toBeNull();
    }
    expect(paged.map(({ id }) => id)).toContain('persons_list');
  });
});
