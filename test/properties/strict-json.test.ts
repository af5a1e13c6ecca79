/** What JSON allows and readers disagree on: for any value, found if and only if it is there. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { strictJsonProblem } from '../../src/core/strict-json.ts';
import { parseJson, type Json } from '../../src/core/json.ts';
import { runs } from '../support/properties/runs.ts';

const flaw = (text: string) => strictJsonProblem(text, 20);

/** Exactly what a client of PostHog may write: numbers of 15 digits at most. */
const plain = (text: string) => !/[0-9.]{16,}|e-?[0-9]{3}/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'));

const escapes = (name: string) =>
  name.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A decimal as digits and a power of ten, exactly. */
const exact = (text: string): string => {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:e([+-]?[0-9]+))?$/.exec(text) ?? [];
  const significant = (whole + fraction).replace(/^0+/, '');
  const kept = significant.replace(/0+$/, '');
  const exponent = Number(power) - fraction.length + (significant.length - kept.length);
  return kept === '' ? '0' : `${sign}${kept}e${exponent}`;
};

describe('Any value', () => {
  const values = fc.jsonValue({ depthSize: 'small', maxDepth: 8 });
  test('The output of JSON.stringify has no problem, with or without spaces', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        if (plain(text)) expect(flaw(text)).toBeNull();
      }),
      runs(400),
    );
  });

  test('A repeated member is found in any spelling, at any place', () => {
    const cases = fc.record({
      members: fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), {
        minKeys: 1,
        maxKeys: 5,
      }),
      which: fc.nat(),
      escaped: fc.boolean(),
      around: fc.constantFrom<[string, string]>(['', ''], ['[', ']'], ['{"outer":[1,', ']}']),
    });
    fc.assert(
      fc.property(cases, ({ members, which, escaped, around: [open, close] }) => {
        const names = Object.keys(members);
        const name = names[which % names.length] ?? '';
        const text = JSON.stringify(members);
        if (!plain(text)) return;
        const again = escaped ? `"${escapes(name)}"` : JSON.stringify(name);
        const doubled = `${open}${text.slice(0, -1)},${again}:0}${close}`;
        expect(parseJson(doubled)).toBeDefined();
        expect(flaw(doubled)).toBe(`names ${name} twice in one object`);
      }),
      runs(400),
    );
  });

  test('Text that is no JSON never makes the check throw', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '1', '-') }),
        (text) => {
          const said = flaw(text);
          expect(said === null || said.length > 0).toBe(true);
        },
      ),
      runs(400),
    );
  });

  test('A number that is accepted is sent on as the number it was', () => {
    const digits = fc.stringMatching(/^-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,18})?(?:e-?[0-9]{1,2})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        if (flaw(text) !== null) return;
        const value = parseJson(text) as Extract<Json, number>;
        expect(exact(JSON.stringify(value))).toBe(exact(text));
      }),
      runs(1500),
    );
  });
});
