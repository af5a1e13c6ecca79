/** Refusals of arguments are sentences of this gateway, and say what would be right. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { parseArguments } from '../../src/catalogue/arguments.ts';
import type { Fields } from '../../src/catalogue/fields/values.ts';
import { describeSchema } from '../../src/catalogue/fields/describe.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { CONTROL_ROUTES } from '../../src/contract/routes.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { operationOf, refusal } from '../support/catalogue/operations.ts';

/** Words of the validator, of JavaScript, and of texts put together wrongly. */
const FOREIGN =
  /invalid|expected|received|too (?:small|big)|unrecognized|zod|regex|undefined|\bNaN\b|\[object|must be must|needed: must|\.\.$/i;

const JUNK: readonly (Json | undefined)[] = [
  undefined,
  null,
  '',
  'x'.repeat(50_000),
  'a\u0000',
  0,
  -1,
  1.5,
  1e12,
  true,
  [],
  [null],
  [{}],
  ['x', 'x'],
  Array.from({ length: 3000 }, () => 'a'),
  {},
  { a: 1 },
  { ['y'.repeat(500)]: 1 },
  { type: 'AND', values: [{}] },
  [{ key: 'a', type: 'person' }],
  [{ key: 'a', type: 'person', value: {} }],
  [{ key: 'a', type: 'person', value: 1, sql: 'x' }],
  [{ id: 'a', type: 'events', properties: [{ key: 5 }] }],
  { property: '$a', value: [7] },
];

interface Subject {
  readonly name: string;
  readonly schema: Fields;
  readonly example: JsonObject;
}

const SUBJECTS: Subject[] = [
  ...CATALOGUE.map(({ id, input, example }) => ({ name: id, schema: input, example })),
  ...Object.entries(CONTROL_ROUTES).flatMap(
    ([name, { body, query }]: [string, { body: () => Fields; query: () => Fields }]) => [
      { name: `the body of ${name}`, schema: body(), example: {} },
      { name: `the parameters of ${name}`, schema: query(), example: {} },
    ],
  ),
].filter(({ schema }) => Object.keys(schema.shape).length > 0);

describe('A refusal', () => {
  test.each(SUBJECTS)(
    'The text about $name is in words of this gateway, whatever was sent',
    ({ schema, example }) => {
      let refused = 0;
      for (const name of Object.keys(schema.shape)) {
        for (const junk of JUNK) {
          const { [name]: _, ...others } = example;
          const body = junk === undefined ? others : { ...others, [name]: junk };
          const parsed = parseArguments(schema, 'body', { query: new Map(), body }, { example });
          if (parsed.ok) continue;
          refused += 1;
          const { detail } = parsed.failure;
          expect(detail, `${name} ${JSON.stringify([junk]).slice(0, 80)}`).not.toMatch(FOREIGN);
          expect(detail).toMatch(/^[A-Za-z$].* .*\.$/);
          expect(detail.length).toBeLessThan(700);
        }
      }
      expect(refused).toBeGreaterThan(0);
    },
  );

  test('The text about a missing argument says that it is needed, what it looks like, and gives an example', () => {
    for (const { schema, example } of SUBJECTS) {
      for (const [name, field] of Object.entries(schema.shape)) {
        if (field.safeParse(undefined).success) continue;
        const { [name]: shown, ...others } = example;
        const help = shown === undefined ? {} : { example };
        const parsed = parseArguments(schema, 'body', { query: new Map(), body: others }, help);
        if (parsed.ok) throw new Error(`${name} may be left out`);
        expect(parsed.failure.attr).not.toBeNull();
        expect(parsed.failure.detail).toMatch(/^\S+ is needed: \S.+\.$/);
        if (shown !== undefined) expect(parsed.failure.detail).toMatch(/ like \S/);
      }
    }
  });

  test.each<[string, Parameters<typeof refusal>[1], string]>([
    [
      'persons_properties_at_time',
      { query: { distinct_id: 'a' } },
      'timestamp is needed: an ISO 8601 time with offset, like 2026-01-06T00:00:00Z.',
    ],
    [
      'persons_properties_at_time',
      { query: { distinct_id: 'a', timestamp: 'yesterday' } },
      'timestamp must be an ISO 8601 time with offset, like 2026-01-06T00:00:00Z.',
    ],
    [
      'persons_properties_at_time',
      { query: { timestamp: '2026-01-06T00:00:00Z' } },
      'distinct_id or person_id must be given, and not both.',
    ],
    ['persons_list', { query: { properties: 'email' } }, 'properties must be a JSON list of 1 to 100 items.'],
    [
      'persons_bulk_delete',
      { query: { ids: '0190c0de-0001-7000-8000-000000000001' } },
      'ids must be a JSON list of 1 to 1000 items, like ["0190c0de-0001-7000-8000-000000000001"].',
    ],
    ['persons_bulk_delete', { body: { ids: 'a' } }, 'ids must be a list of 1 to 1000 items.'],
    ['persons_list', { query: { limit: '1e1' } }, 'limit must be a whole number from 1 to 1000.'],
    ['persons_list', { query: { include_total: 'yes' } }, 'include_total must be true or false.'],
    [
      'persons_list',
      { query: { properties: '[{"key":"a","type":"person","value":1,"sql":"x"}]' } },
      'properties[0] has a member that is not known here. Accepted: key, type, operator, value, negation, label.',
    ],
    [
      'persons_list',
      { query: { nonsense: '1' } },
      'The parameter nonsense is not known here. ' +
        'Accepted: search, email, distinct_id, properties, include_total, limit, offset, format, columns.',
    ],
    ['persons_update_property', { body: { key: 'plan' } }, 'value is needed: any JSON value, like team.'],
  ])('The text about %s says what would be right', (id, asked, detail) => {
    expect(refusal(id, asked).detail).toBe(detail);
  });

  test('The accepted parameters of every operation include the format', () => {
    for (const { id } of CATALOGUE) {
      const operation = operationOf(id);
      const { detail } = refusal(id, { method: operation.methods[0], query: { nonsense: '1' } });
      expect(detail).toMatch(operation.reply.rows === null ? /\bformat\.$/ : /\bformat, columns\.$/);
    }
  });
});

describe('A schema is described', () => {
  test.each<[z.ZodType, string]>([
    [z.string().min(1).max(5), 'text of 1 to 5 characters'],
    [z.string().max(5), 'text of up to 5 characters'],
    [z.string().regex(/a/, 'must be an a'), 'an a'],
    [z.int().min(1), 'a whole number, 1 or more'],
    [z.number().gt(0).max(1), 'a number from 0 (excluded) to 1'],
    [z.number().max(1), 'a number, 1 or less'],
    [z.array(z.string()).min(1), 'a list of 1 item or more'],
    [z.union([z.boolean(), z.int()]), 'true or false, or a whole number'],
    [z.union([z.string(), z.int()], { error: 'must be this or that' }), 'this or that'],
    [z.boolean().nullable().optional(), 'true or false or null'],
    [z.literal('a'), 'a'],
    [z.record(z.string(), z.string()), 'an object'],
    [z.unknown(), 'a JSON value'],
  ])('A schema is described in words: %s', (schema, words) => {
    expect(describeSchema(schema)).toBe(words);
  });
});
