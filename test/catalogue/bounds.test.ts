/** Every field at its bounds, just inside and just outside. */
import { describe, expect, test } from 'vitest';
import { isJsonObject } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { BODY_FIELDS, QUERY_FIELDS } from '../support/catalogue/field-bounds.ts';
import { ask, exampleOf, operationOf, refusal, UUID } from '../support/catalogue/operations.ts';

describe('Bounds of parameters', () => {
  test.each(QUERY_FIELDS)(
    'The parameter of %s, %s, is taken at its bounds and refused beyond',
    (id, name, taken, refused) => {
      const { query = {} } = exampleOf(operationOf(id), 'GET');
      for (const value of taken) {
        const call = ask(id, { query: { ...query, [name]: value } });
        expect(call.ok ? 'taken' : [value.slice(0, 50), call.failure]).toBe('taken');
      }
      for (const value of refused) {
        const { code, attr } = refusal(id, { query: { ...query, [name]: value } });
        expect(code, value.slice(0, 50)).toBe('parameter_invalid');
        expect(attr?.split(/[.[]/)[0], value.slice(0, 50)).toBe(name);
      }
    },
  );
});

describe('Bounds of body fields', () => {
  test.each(BODY_FIELDS)(
    'The body field of %s, %s, is taken at its bounds and refused beyond',
    (id, name, taken, refused) => {
      const { body } = exampleOf(operationOf(id), 'POST');
      const others = id === 'persons_split' || !isJsonObject(body) ? {} : body;
      for (const value of taken) {
        const call = ask(id, { body: { ...others, [name]: value } });
        expect(call.ok ? 'taken' : call.failure).toBe('taken');
      }
      for (const value of refused) {
        const { code, attr } = refusal(id, { body: { ...others, [name]: value } });
        expect(code).toBe('field_invalid');
        expect(attr?.split(/[.[]/)[0]).toBe(name);
        expect(attr?.length).toBeLessThan(250);
      }
    },
  );
});

test('A required argument that is left out is refused by its name, for every operation', () => {
  for (const operation of CATALOGUE) {
    const method = operation.methods.at(-1) ?? operation.methods[0];
    const example = exampleOf(operation, method);
    for (const [name, field] of Object.entries(operation.input.shape)) {
      if (field.safeParse(undefined).success) continue;
      const { [name]: _query, ...query } = example.query ?? {};
      const { [name]: _body, ...body } = (example.body ?? {}) as Record<string, never>;
      const { code, attr } = refusal(operation.id, {
        method,
        query,
        ...(example.body === undefined ? {} : { body }),
      });
      expect(attr).toBe(name);
      expect(code).toBe(operation.place === 'query' ? 'parameter_invalid' : 'field_invalid');
    }
  }
});

test('The limits of this file are the ones the catalogue was made with', () => {
  expect(LIMITS).toMatchObject({
    pageRowsMax: 1000,
    offsetMax: 10_000_000,
    bulkIdsMax: 1000,
    batchIdsMax: 200,
  });
});

describe('Arguments that need or exclude each other', () => {
  const at = { timestamp: '2026-01-06T00:00:00Z' };
  test.each([
    ['persons_properties_at_time', { query: at }, 'parameter_invalid', 'distinct_id'],
    [
      'persons_properties_at_time',
      { query: { ...at, distinct_id: 'a', person_id: UUID } },
      'parameter_invalid',
      'distinct_id',
    ],
    [
      'persons_split',
      { body: { main_distinct_id: 'a', distinct_ids_to_split: ['b'] } },
      'field_invalid',
      'distinct_ids_to_split',
    ],
  ])('Arguments of %s are refused together or apart', (id, asked, code, attr) => {
    expect(refusal(id, asked)).toMatchObject({ code, attr });
  });

  test('Both lists of a split may be left out: the first distinct id stays', () => {
    expect(ask('persons_split', { body: {} }).ok).toBe(true);
    expect(ask('persons_split', {}).ok).toBe(true);
  });
});

describe('Refusals of arguments', () => {
  test('A refusal says what would be right, even where a value may be of several kinds', () => {
    expect(refusal('persons_cohorts', { query: { person_id: 'ada' } }).detail).toMatch(/number.*UUID/);
    for (const name of ['breakdown', 'breakdown_value', 'funnel_step_breakdown']) {
      const { detail } = refusal('persons_funnel', { query: { [name]: '{}' } });
      expect(detail, name).not.toMatch(/Invalid input\.$/);
    }
    const filter = { key: 'a', type: 'person', value: null };
    for (const id of ['persons_list', 'persons_trends']) {
      const { detail } = refusal(id, { query: { properties: JSON.stringify([filter]) } });
      expect(detail, id).not.toMatch(/Invalid input\.$/);
    }
    expect(refusal('persons_trends', { query: { properties: '5' } }).detail).not.toMatch(/Invalid input\.$/);
  });

  test('A refusal names the place and never repeats the value', () => {
    const secret = 'alice@customer.example';
    for (const name of ['limit', 'offset', 'properties', 'include_total']) {
      expect(JSON.stringify(refusal('persons_list', { query: { [name]: secret } }))).not.toContain(secret);
    }
    expect(JSON.stringify(refusal('persons_batch_by_uuids', { body: { uuids: [secret] } }))).not.toContain(
      secret,
    );
  });
});
