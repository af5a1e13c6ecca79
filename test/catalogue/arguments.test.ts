/** Unknown and ill-typed input: which code, what is named, and what the client is told it may send. */
import * as z from 'zod';
import { describe, expect, test } from 'vitest';
import { formatParameters } from '../../src/catalogue/format.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { Operation } from '../../src/catalogue/operation.ts';
import { ask, exampleOf, forwarded, refusal, UUID } from '../support/catalogue/operations.ts';

const queryOps = CATALOGUE.filter(({ place }) => place !== 'body').map((op) => [op.id, op] as const);
const bodyOps = CATALOGUE.filter(({ place }) => place !== 'query').map((op) => [op.id, op] as const);

/** Names that mean something to PostHog, to JavaScript, or to nobody. */
const STRANGERS = [
  'token',
  'api_key',
  'personal_api_key',
  'refresh',
  'include_recordings',
  'aggregation_group_type_index',
  '__proto__',
  'constructor',
  'toString',
  'Limit',
  'limit ',
];

const strangersTo = ({ dropped = [] }: Operation): string[] =>
  STRANGERS.filter((name) => !dropped.includes(name));

describe('Unknown parameters', () => {
  test.each(CATALOGUE.map((op) => [op.id, op] as const))(
    'An unknown parameter of %s is refused by name',
    (id, operation) => {
      const example = exampleOf(operation);
      const accepted = [
        ...(operation.place === 'body' ? [] : Object.keys(operation.input.shape)),
        ...formatParameters(operation),
      ];
      for (const name of strangersTo(operation)) {
        // Not an object literal: those cannot have a member __proto__.
        const query = Object.fromEntries([...Object.entries(example.query ?? {}), [name, '1']]) as Record<
          string,
          string
        >;
        expect(refusal(id, { ...example, query })).toEqual({
          code: 'parameter_unknown',
          attr: name,
          detail: `The parameter ${name} is not known here. Accepted: ${accepted.join(', ')}.`,
        });
      }
    },
  );

  test.each(queryOps.filter(([, op]) => Object.keys(op.input.shape).length > 0))(
    'The refusal of an unknown parameter of %s lists what is accepted',
    (id, { input }) => {
      const { detail } = refusal(id, { query: { nonsense: '1' } });
      for (const name of Object.keys(input.shape)) expect(detail).toContain(name);
    },
  );

  test('An unknown parameter with a very long name is not repeated whole', () => {
    const { attr, detail } = refusal('persons_list', { query: { ['x'.repeat(5000)]: '1' } });
    expect(attr).toBe('x'.repeat(100));
    expect(detail.length).toBeLessThan(300);
  });
});

describe('Unknown body fields', () => {
  test.each(bodyOps)('An unknown body field of %s is refused by name', (id, operation) => {
    const method = operation.methods.at(-1) ?? operation.methods[0];
    const fields = JSON.stringify(exampleOf(operation, method).body).slice(0, -1);
    for (const name of strangersTo(operation)) {
      const bodyText = `${fields}${fields === '{' ? '' : ','}${JSON.stringify(name)}:1}`;
      const { code, attr, detail } = refusal(id, { method, bodyText });
      expect({ code, attr }).toEqual({ code: 'field_unknown', attr: name });
      for (const known of Object.keys(operation.input.shape)) expect(detail).toContain(known);
    }
  });

  test.each(queryOps.filter(([, { place }]) => place === 'query'))(
    'Any body field of %s, which takes no body, is unknown',
    (id, operation) => {
      const example = exampleOf(operation);
      const [name = 'limit'] = Object.keys(operation.input.shape);
      expect(refusal(id, { ...example, body: { [name]: 1 } })).toEqual({
        code: 'field_unknown',
        attr: name,
        detail: `The body field ${name} is not known here. Accepted: none.`,
      });
      expect(ask(id, { ...example, body: {} }).ok).toBe(true);
    },
  );

  test.each([[[1]], ['text'], [5], [true], [null]])('A body that is %j is refused', (body) => {
    for (const [id] of bodyOps) expect(refusal(id, { body }).code).toBe('body_invalid');
  });
});

/** The objects of a JSON Schema that name members but would let others through. */
function looseIn(schema: unknown, where: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const named = Reflect.get(schema, 'type') === 'object' && 'properties' in schema;
  const open = named && Reflect.get(schema, 'additionalProperties') !== false;
  const below: [string, unknown][] = Object.entries(schema);
  return [...(open ? [where] : []), ...below.flatMap(([name, part]) => looseIn(part, `${where}/${name}`))];
}

describe('Unknown members deep inside a value', () => {
  test('An unknown member is refused by every object of every operation', () => {
    for (const { id, input } of CATALOGUE) {
      const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
      expect(looseIn(schema, id)).toEqual([]);
    }
    expect(looseIn(z.toJSONSchema(z.object({ a: z.object({}) }), { io: 'input' }), 'x')).not.toEqual([]);
  });

  test.each([
    ['persons_list', 'properties', '[{"key":"a","type":"person","value":1,"sql":"x"}]', '[0].sql'],
    ['persons_list', 'properties', '[{"key":"a","type":"person","value":1,"__proto__":{}}]', '[0].__proto__'],
    [
      'persons_trends',
      'events',
      '[{"id":"a","type":"events","constructor":{"prototype":{}}}]',
      '[0].constructor',
    ],
    ['persons_trends', 'events', '[{"id":"a","type":"events","math_hogql":"x"}]', '[0].math_hogql'],
    ['persons_trends', 'properties', '{"type":"AND","values":[],"not":true}', ''],
  ])('A nested unknown member of %s %s=%s is refused where it stands', (id, name, value, where) => {
    const { code, attr } = refusal(id, { query: { [name]: value } });
    expect(code).toBe('parameter_invalid');
    expect(attr).toContain(`${name}${where}`);
  });
});

describe('Booleans', () => {
  const inBody = { ids: [UUID] };
  test.each(['false', 'true', 0, 1, '', [], {}])('A boolean in a body is never %j', (value) => {
    for (const name of ['delete_events', 'delete_recordings', 'keep_person']) {
      const { code, attr } = refusal('persons_bulk_delete', { body: { ...inBody, [name]: value } });
      expect({ code, attr }).toEqual({ code: 'field_invalid', attr: name });
    }
  });

  test.each(['', '0', '1', 'True', 'FALSE', 'yes', 'on', 'null', '"true"', '[]'])(
    'A boolean in a query is never %s',
    (value) => {
      for (const name of ['delete_events', 'delete_recordings', 'keep_person']) {
        const { code, attr } = refusal('persons_destroy', { query: { [name]: value } });
        expect({ code, attr }).toEqual({ code: 'parameter_invalid', attr: name });
      }
    },
  );

  test('A boolean that is text at PostHog is text here, and only its two words', () => {
    const name = 'funnel_correlation_person_converted';
    expect(forwarded('persons_funnel_correlation', { query: { [name]: 'false' } }).query).toContainEqual([
      name,
      'false',
    ]);
    for (const value of ['', '1', 'True']) {
      expect(refusal('persons_funnel_correlation', { query: { [name]: value } }).attr).toBe(name);
    }
    expect(refusal('persons_funnel_correlation', { method: 'POST', body: { [name]: true } }).code).toBe(
      'field_invalid',
    );
  });
});
