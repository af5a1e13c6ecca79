/** Merge patches: the examples of RFC 7396, and what holds for all. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergePatch, type Json, type JsonObject } from '../../src/core/json.ts';

// RFC 7396, appendix A, with those whose patch is an object.
const EXAMPLES: [Json, JsonObject, Json][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test.each(EXAMPLES)('A merge into %j of the patch %j gives %j', (target, patch, expected) => {
  expect(mergePatch(target, patch)).toEqual(expected);
});

const objects = fc.dictionary(
  fc.string({ maxLength: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
) as fc.Arbitrary<JsonObject>;

test('An empty patch changes nothing, and a patch merged twice is the patch merged once', () => {
  fc.assert(
    fc.property(objects, objects, (target, patch) => {
      expect(mergePatch(target, {})).toEqual(target);
      const once = mergePatch(target, patch);
      expect(mergePatch(once, patch)).toEqual(once);
    }),
    { seed: 20_261_126, numRuns: 300 },
  );
});
