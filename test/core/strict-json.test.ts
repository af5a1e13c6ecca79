/** What JSON allows and readers disagree on: found wherever it is, and nowhere it is not. */
import { describe, expect, test } from 'vitest';
import { strictJsonProblem, namesPrototype } from '../../src/core/strict-json.ts';
import { parseJson } from '../../src/core/json.ts';

const DEPTH = 20;
const flaw = (text: string) => strictJsonProblem(text, DEPTH);

describe('a name twice in one object', () => {
  test.each([
    ['{"a":1,"a":1}', 'a'],
    ['{"a":1,"b":2,"a":3}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"\\u0061":1,"a":2}', 'a'],
    ['{"":1,"":2}', ''],
    ['{"x":{"a":1,"a":2}}', 'a'],
    ['[{"b":[{"a":1,"a":2}]}]', 'a'],
    ['{"a":{"b":1},"a":2}', 'a'],
    ['{"a":[1,2],"a":2}', 'a'],
    [' { "a" : 1 , "a" : 2 } ', 'a'],
    ['{"a\\"":1,"a\\"":2}', 'a"'],
    ['{"a\\\\":1,"a\\\\":2}', 'a\\'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ])('%s is a flaw', (text, name) => {
    expect(flaw(text)).toBe(`names ${name} twice in one object`);
  });

  test.each([
    '{"a":1,"A":2}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":"a","b":"a"}',
    '{"a":["a","a","a"]}',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":"x\\\\","b":1}',
    '{"a":{"b":1},"b":{"a":1}}',
    '{}',
    '[]',
    '"text"',
    'null',
    '',
  ])('%s has none', (text) => {
    expect(flaw(text)).toBeNull();
  });

  test('of great length is not repeated whole', () => {
    const name = 'n'.repeat(5000);
    expect(flaw(`{"${name}":1,"${name}":2}`)).toBe(`names ${'n'.repeat(100)} twice in one object`);
  });
});

const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

describe('nesting', () => {
  test('is taken to the limit and not one level beyond', () => {
    expect(flaw(nested(DEPTH))).toBeNull();
    expect(flaw(nested(DEPTH + 1))).toBe('is nested deeper than 20 levels');
    expect(flaw(`${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`)).toBeNull();
    expect(flaw(`${'{"a":'.repeat(DEPTH + 1)}1${'}'.repeat(DEPTH + 1)}`)).toBe(
      'is nested deeper than 20 levels',
    );
  });

  test('is counted where it is, not in texts', () => {
    expect(flaw(`["${'['.repeat(100)}"]`)).toBeNull();
    expect(flaw(`[${Array.from({ length: 100 }, () => '[]').join(',')}]`)).toBeNull();
  });

  test('of a hundred thousand levels is refused without falling over', () => {
    expect(flaw('['.repeat(100_000))).toBe('is nested deeper than 20 levels');
  });
});

describe('a number', () => {
  test.each([
    '0',
    '-0',
    '1',
    '-1',
    '1.5',
    '1.10',
    '1e2',
    '1E+5',
    '9007199254740991',
    '-9007199254740991',
    '123456789012345',
    '0.1',
    '0.30000000000000004',
    '1e308',
    '0.000001',
    '1.0',
    '100000000000000000000'.slice(0, 15),
  ])('%s is kept', (text) => {
    expect(flaw(`{"a":[${text}]}`)).toBeNull();
  });

  test.each([
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    '1e309',
    '-1e999',
    '1e-400',
    '0.12345678901234567890',
    '123456789012345678e-2',
  ])('%s would not be, and is a flaw', (text) => {
    expect(flaw(`{"a":[${text}]}`)).toBe('holds a number that would not be kept exactly: send it as text');
  });

  test('in a text or a name is no number', () => {
    expect(flaw('{"12345678901234567890":"12345678901234567890"}')).toBeNull();
  });
});

describe('a member called __proto__', () => {
  test.each([
    '{"__proto__":1}',
    '{"a":{"__proto__":{}}}',
    '[{"a":[{"__proto__":null}]}]',
    '{"\\u005f_proto__":1}',
  ])('is found in %s', (text) => {
    expect(namesPrototype(parseJson(text) ?? null)).toBe(true);
  });

  test.each(['{"constructor":1,"prototype":2,"proto":3}', '["__proto__"]', '{"a":"__proto__"}', 'null', '5'])(
    'is not in %s',
    (text) => {
      expect(namesPrototype(parseJson(text) ?? null)).toBe(false);
    },
  );
});
