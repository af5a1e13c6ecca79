/** Requests as clients of PostHog write them: members that say nothing, and names that change nothing. */
import { describe, expect, test } from 'vitest';
import { referencesOf } from '../../src/catalogue/fields/references.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { Method, Operation } from '../../src/catalogue/operation.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import {
  ask,
  deletion,
  exampleOf,
  forwarded,
  operationOf,
  refusal,
  UUID,
  type Asked,
} from '../support/catalogue/operations.ts';

const inBody = CATALOGUE.flatMap((operation) =>
  operation.place === 'query' ? [] : [[operation.id, operation] as const],
);
const bodyMethod = ({ methods }: Operation): Method => methods.at(-1) ?? methods[0];

function bodyOf(operation: Operation): JsonObject {
  const { body } = exampleOf(operation, bodyMethod(operation));
  return isJsonObject(body) ? body : {};
}

/** The arguments of a call, and what a delete would erase. @throws if it was refused. */
function read(id: string, asked: Asked): unknown {
  const call = ask(id, asked);
  if (!call.ok) throw new Error(`refused: ${JSON.stringify(call.failure)}`);
  return [call.value.arguments, call.value.asked, call.value.kind === 'delete' ? call.value.deletion : null];
}

const filteredBy = (leaf: JsonObject): Asked => ({ query: { properties: JSON.stringify([leaf]) } });

describe('Nulls in a body', () => {
  test.each(inBody)(
    'A null of %s counts as left out wherever the member may be left out',
    (id, operation) => {
      const body = bodyOf(operation);
      const method = bodyMethod(operation);
      for (const [name, field] of Object.entries(operation.input.shape)) {
        if (!field.safeParse(undefined).success || field.safeParse(null).success) continue;
        const { [name]: given, ...others } = body;
        // An example that names its persons by this very member has none without it.
        if (given !== undefined && !ask(id, { method, body: others }).ok) continue;
        expect(read(id, { method, body: { ...others, [name]: null } }), name).toEqual(
          read(id, { method, body: others }),
        );
      }
    },
  );

  test.each(inBody)('A null of %s is refused where a member is needed', (id, operation) => {
    for (const [name, field] of Object.entries(operation.input.shape)) {
      if (field.safeParse(undefined).success || field.safeParse(null).success) continue;
      const asked = { method: bodyMethod(operation), body: { ...bodyOf(operation), [name]: null } };
      expect(refusal(id, asked)).toMatchObject({ code: 'field_invalid', attr: name });
    }
  });

  test('A null deep inside a value counts as left out where the member may be left out', () => {
    const filter = { key: 'plan', type: 'person', operator: 'exact', value: 'pro' };
    const step = { id: 'paid', type: 'events' };
    const padded = { ...filter, operator: null, negation: null, label: null };
    const body = {
      events: [{ ...step, order: null, math: null, math_property: null, properties: [padded] }],
      properties: { type: 'AND', values: [{ type: 'OR', values: [padded] }] },
    };
    expect(forwarded('persons_funnel', { method: 'POST', body }).body).toEqual({
      events: [{ ...step, properties: [filter] }],
      properties: { type: 'AND', values: [{ type: 'OR', values: [filter] }] },
      limit: 100,
    });
  });

  test('A null inside a filter of a query counts as left out, and a null that is a parameter does not', () => {
    const filter = { key: 'plan', type: 'person', value: 'pro' };
    expect(read('persons_list', filteredBy({ ...filter, operator: null }))).toEqual(
      read('persons_list', filteredBy(filter)),
    );
    for (const name of ['limit', 'offset', 'properties', 'include_total']) {
      expect(refusal('persons_list', { query: { [name]: 'null' } })).toMatchObject({ attr: name });
    }
  });

  test('A null that is a value is kept', () => {
    const body = { properties: { plan: null, deep: { plan: null } } };
    expect(forwarded('persons_update', { body }).body).toEqual(body);
    const one = { key: 'plan', value: null };
    expect(forwarded('persons_update_property', { body: one }).body).toEqual(one);
  });

  test('A null in the body leaves a parameter of the same name as it is', () => {
    const asked = { method: 'POST', query: { limit: '5' }, body: { limit: null } } as const;
    expect(forwarded('persons_funnel', asked).window).toEqual({ limit: 5, position: 0 });
  });
});

describe('Splits and deletions by typed clients', () => {
  test.each([
    [{ main_distinct_id: 'a', distinct_ids_to_split: null }, { main_distinct_id: 'a' }],
    [{ main_distinct_id: null, distinct_ids_to_split: ['b'] }, { distinct_ids_to_split: ['b'] }],
    [{ main_distinct_id: null, distinct_ids_to_split: null }, null],
  ])('A split by %j is sent as %j', (body, sent) => {
    expect(forwarded('persons_split', { body }).body).toEqual(sent);
  });

  test('A split of an empty list is refused, because without the list PostHog splits off everything', () => {
    expect(refusal('persons_split', { body: { distinct_ids_to_split: [] } }).attr).toBe(
      'distinct_ids_to_split',
    );
  });

  const flags = { delete_events: null, delete_recordings: null, keep_person: null };
  test.each<[JsonObject, string, readonly string[]]>([
    [{ ids: [], distinct_ids: ['a'] }, 'distinct_ids', ['a']],
    [{ ids: null, distinct_ids: ['a'], ...flags }, 'distinct_ids', ['a']],
    [{ ids: [UUID], distinct_ids: [] }, 'uuids', [UUID]],
    [{ ids: [UUID], distinct_ids: null }, 'uuids', [UUID]],
  ])('A bulk delete by %j erases those of its one list and nothing along', (body, kind, ids) => {
    expect(deletion('persons_bulk_delete', { body })).toMatchObject({
      target: { kind, ids },
      flags: { delete_events: false, delete_recordings: false, keep_person: false },
    });
  });

  test('A bulk delete with an empty list in the query beside one in the body erases the latter', () => {
    const asked = { query: { ids: '[]' }, body: { distinct_ids: ['a'] } };
    expect(deletion('persons_bulk_delete', asked).target).toEqual({ kind: 'distinct_ids', ids: ['a'] });
  });
});

const listed = (query: Record<string, string>) => read('persons_list', { query });
const pagesByOffset = CATALOGUE.flatMap(({ id, reply, methods }) =>
  reply.paging === null || !methods.includes('GET') ? [] : [[id, reply.paging.limit] as const],
);

describe('Parameters that say nothing', () => {
  test.each(['search=', 'properties=', 'properties=[]', 'offset=', 'limit=', 'limit=0'])(
    'The parameter ?%s counts as left out, in the list and in its links',
    (pair) => {
      const [name = '', value = ''] = pair.split('=');
      expect(listed({ [name]: value })).toEqual(listed({}));
      expect(forwarded('persons_list', { query: { [name]: value } }).asked).toEqual([]);
    },
  );

  test.each(pagesByOffset)('A limit of 0 of %s is its default', (id, limit) => {
    const { query = {} } = exampleOf(operationOf(id), 'GET');
    const { [limit]: _, ...others } = query;
    expect(read(id, { query: { ...others, [limit]: '0' } })).toEqual(read(id, { query: others }));
  });

  test.each<[string, JsonObject]>([
    ['properties', { properties: [] }],
    ['actions', { actions: [] }],
    ['exclusions', { exclusions: [] }],
    ['search', { search: '' }],
    ['limit', { limit: 0 }],
  ])('The argument %s of a funnel counts as left out where it is empty', (_, body) => {
    const step = { id: 'paid', type: 'events' };
    const asked = { method: 'POST', body: { events: [{ ...step, properties: [] }], ...body } } as const;
    expect(forwarded('persons_funnel', asked).body).toEqual({ events: [step], limit: 100 });
  });

  test.each([
    ['persons_list', 'email'],
    ['persons_list', 'distinct_id'],
    ['persons_deletion_status', 'person_uuid'],
    ['persons_cohorts', 'person_id'],
    ['persons_properties_at_time', 'distinct_id'],
  ])('A call of %s with an empty %s, which names a person, is refused', (id, name) => {
    const { query } = exampleOf(operationOf(id), 'GET');
    expect(refusal(id, { query: { ...query, [name]: '' } })).toMatchObject({
      code: 'parameter_invalid',
      attr: name,
    });
  });

  test('A group of filters without any is refused', () => {
    for (const group of [
      { type: 'AND', values: [] },
      { type: 'AND', values: [{ type: 'OR', values: [] }] },
    ]) {
      const asked = { query: { properties: JSON.stringify(group) } };
      expect(refusal('persons_trends', asked).attr).toMatch(/^properties/);
    }
  });

  test('An empty search refers to nothing, so that a token that may not search may send it', () => {
    const call = ask('persons_list', { query: { search: '' } });
    if (!call.ok) throw new Error(call.failure.detail);
    expect(referencesOf(operationOf('persons_list').input, call.value.arguments).search).toBe(false);
  });

  test('A bare include_total means yes', () => {
    expect(forwarded('persons_list', { query: { include_total: '' } }).query).toContainEqual([
      'include_total',
      'true',
    ]);
  });

  test.each([
    ['persons_batch_by_distinct_ids', 'distinct_ids'],
    ['persons_batch_by_uuids', 'uuids'],
  ])('A look-up by %s of nobody is sent as it is', (id, name) => {
    expect(forwarded(id, { body: { [name]: [] } }).body).toEqual({ [name]: [] });
  });
});

const dropping = CATALOGUE.flatMap((operation) =>
  (operation.dropped ?? []).map((name) => [name, operation.id, operation] as const),
);

describe('Names that change nothing', () => {
  test.each(dropping)(
    'The name %s of %s is taken with any value, and neither sent nor linked',
    (name, id, operation) => {
      for (const method of operation.methods) {
        const plain = exampleOf(operation, method);
        const { body } = plain;
        const inQuery = !isJsonObject(body);
        for (const value of ['', 'x', 5, null, true, ['a'], { a: { b: 1 } }] satisfies Json[]) {
          const asked = inQuery
            ? {
                ...plain,
                query: { ...plain.query, [name]: typeof value === 'string' ? value : JSON.stringify(value) },
              }
            : { ...plain, body: { ...body, [name]: value } };
          expect(read(id, asked)).toEqual(read(id, plain));
        }
      }
    },
  );

  test('The names that change nothing are those of links to insights, and what is read-only of a person', () => {
    const ids = new Set(dropping.map(([, id]) => id));
    const insights = CATALOGUE.filter(({ scopes }) => scopes.includes('insight:read')).map(({ id }) => id);
    expect([...ids].toSorted()).toEqual([...insights, 'persons_update'].toSorted());
    for (const [name, , { input }] of dropping) expect(input.shape).not.toHaveProperty(name);
  });

  test('A person may be sent back whole, as it was retrieved or listed, and PostHog is sent its properties alone', () => {
    const person = {
      id: 123_456,
      uuid: UUID,
      name: 'ada@acme.test',
      distinct_ids: ['ada@acme.test'],
      properties: { plan: 'team' },
      created_at: '2026-01-05T10:00:00Z',
      last_seen_at: null,
      is_identified: true,
    };
    const row = { ...person, id: UUID, type: 'person', matched_recordings: [], value_at_data_point: null };
    for (const body of [person, row]) {
      for (const method of ['PATCH', 'PUT'] as const) {
        expect(forwarded('persons_update', { method, body }).body).toEqual({ properties: { plan: 'team' } });
      }
      const { properties: _, ...nothing } = body;
      expect(refusal('persons_update', { body: nothing })).toMatchObject({ attr: 'properties' });
      expect(refusal('persons_update', { body: { ...body, propertis: {} } }).attr).toBe('propertis');
    }
  });

  test('A name that changes nothing is a parameter or a body field only where the operation reads there', () => {
    const { body } = exampleOf(operationOf('persons_update'), 'PATCH');
    expect(refusal('persons_update', { query: { uuid: UUID }, body: body ?? null }).code).toBe(
      'parameter_unknown',
    );
    const trends = exampleOf(operationOf('persons_trends'));
    expect(refusal('persons_trends', { ...trends, body: { refresh: true } }).code).toBe('field_unknown');
  });
});
