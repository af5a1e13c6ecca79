/** Where arguments are read from: the query, the body, or either; and the one parameter every operation takes. */
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { ask, exampleOf, forwarded, operationOf, refusal, UUID } from '../support/catalogue/operations.ts';

describe('Operations that read query and body', () => {
  const either = CATALOGUE.filter(({ place }) => place === 'either').map(({ id }) => id);

  test('The operations that read both places are bulk_delete and each insight with a POST', () => {
    expect(either).toEqual(['persons_funnel', 'persons_funnel_correlation', 'persons_bulk_delete']);
  });

  test('An operation that reads both takes one argument from the query and another from the body', () => {
    const call = ask('persons_bulk_delete', {
      query: { delete_events: 'true' },
      body: { distinct_ids: ['a'] },
    });
    expect(call.ok && call.value.kind === 'delete' && call.value.deletion).toMatchObject({
      target: { kind: 'distinct_ids', ids: ['a'] },
      flags: { delete_events: true },
    });
  });

  test.each([
    ['persons_bulk_delete', 'delete_events', 'true', { ids: [UUID], delete_events: false }],
    ['persons_bulk_delete', 'ids', `["${UUID}"]`, { ids: [UUID, UUID] }],
    ['persons_funnel', 'limit', '5', { limit: 6 }],
    ['persons_funnel', 'limit', '5', { limit: '5' }],
  ])('The operation %s refuses %s in both places with two values, and names it', (id, name, value, body) => {
    expect(refusal(id, { method: 'POST', query: { [name]: value }, body })).toEqual({
      code: 'input_conflict',
      attr: name,
      detail: `${name} is in the query and in the body with two values. Send it in one place.`,
    });
  });

  test('An operation that reads both takes the same value from both', () => {
    const both = { method: 'POST', query: { limit: '5' }, body: { limit: 5 } } as const;
    expect(forwarded('persons_funnel', both).window).toEqual({ limit: 5, position: 0 });
  });
});

const withFormat = (id: string, format: string) => {
  const example = exampleOf(operationOf(id));
  return { ...example, query: { ...example.query, format } };
};

describe('The format', () => {
  const tables = CATALOGUE.filter(({ reply }) => reply.rows !== null).map((op) => [op.id, op] as const);
  const others = CATALOGUE.filter(({ reply }) => reply.rows === null).map((op) => [op.id, op] as const);

  test.each(tables)('The format of %s is json or csv, and PostHog is never asked for csv', (id) => {
    for (const format of ['json', 'csv']) {
      const call = forwarded(id, withFormat(id, format));
      expect(call.format.kind).toBe(format);
      expect(call.query.map(([name]) => name)).not.toContain('format');
    }
    expect(refusal(id, withFormat(id, 'xlsx'))).toMatchObject({
      code: 'parameter_invalid',
      attr: 'format',
      detail: 'format: accepted here: json, csv.',
    });
  });

  test.each(others)('The format of %s, which has no table, is json', (id) => {
    expect(ask(id, withFormat(id, 'json')).ok).toBe(true);
    expect(refusal(id, withFormat(id, 'csv'))).toMatchObject({
      code: 'parameter_invalid',
      attr: 'format',
      detail: 'format: accepted here: json.',
    });
  });

  test('The format is a parameter, whatever the method, and no body field', () => {
    expect(refusal('persons_funnel', { method: 'POST', body: { format: 'csv' } }).code).toBe('field_unknown');
  });
});
