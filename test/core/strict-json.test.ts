/** What JSON allows and readers disagree on: found wherever it is, and nowhere it is not. */
import { describe, expect, test } from 'vitest';
import { isDeeperThan, strictJsonProblem, namesPrototype } from '../../src/core/strict-json.ts';
import { parseJson } from '../../src/core/json.ts';

const DEPTH = 20;
const flaw = (text: string) => strictJsonProblem(text, DEPTH);

describe('Repeated member names', () => {
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
  ])('The text %s is refused because an object has the name %j twice', (text, name) => {
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
  ])('The text %s repeats no name within one object', (text) => {
    expect(flaw(text)).toBeNull();
  });

  test('A long repeated name is cut short in the message', () => {
    const name = 'n'.repeat(5000);
    expect(flaw(`{"${name}":1,"${name}":2}`)).toBe(`names ${'n'.repeat(100)} twice in one object`);
  });
});

const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

describe('Nesting', () => {
  test('JSON is read down to the depth limit and not one level deeper', () => {
    expect(flaw(nested(DEPTH))).toBeNull();
    expect(flaw(nested(DEPTH + 1))).toBe('is nested deeper than 20 levels');
    expect(flaw(`${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`)).toBeNull();
    expect(flaw(`${'{"a":'.repeat(DEPTH + 1)}1${'}'.repeat(DEPTH + 1)}`)).toBe(
      'is nested deeper than 20 levels',
    );
  });

  test('Brackets inside texts do not count as nesting', () => {
    expect(flaw(`["${'['.repeat(100)}"]`)).toBeNull();
    expect(flaw(`[${Array.from({ length: 100 }, () => '[]').join(',')}]`)).toBeNull();
  });

  test('A hundred thousand levels of nesting are refused without a stack overflow', () => {
    expect(flaw('['.repeat(100_000))).toBe('is nested deeper than 20 levels');
  });
});

describe('Numbers', () => {
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
  ])('The number %s is kept exactly', (text) => {
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
  ])('The number %s is refused because it would not be kept exactly', (text) => {
    expect(flaw(`{"a":[${text}]}`)).toBe('holds a number that would not be kept exactly: send it as text');
  });

  test('Digits in a text or a name are no number', () => {
    expect(flaw('{"12345678901234567890":"12345678901234567890"}')).toBeNull();
  });
});

describe('Members called __proto__', () => {
  test.each([
    '{"__proto__":1}',
    '{"a":{"__proto__":{}}}',
    '[{"a":[{"__proto__":null}]}]',
    '{"\\u005f_proto__":1}',
  ])('A member called __proto__ is found in %s', (text) => {
    expect(namesPrototype(parseJson(text) ?? null)).toBe(true);
  });

  test.each(['{"constructor":1,"prototype":2,"proto":3}', '["__proto__"]', '{"a":"__proto__"}', 'null', '5'])(
    'No member called __proto__ is found in %s',
    (text) => {
      expect(namesPrototype(parseJson(text) ?? null)).toBe(false);
    },
  );
});

test('Depth counts lists and objects, and no brackets in texts', () => {
  expect(isDeeperThan(2, '{"a":[1,2],"b":{"c":"]][[{{"}}')).toBe(false);
  expect(isDeeperThan(2, '{"\\"[":[1,[2]]}')).toBe(true);
  expect(isDeeperThan(2, '[[],[],[[]]]')).toBe(true);
  expect(isDeeperThan(0, '"[[["')).toBe(false);
});
