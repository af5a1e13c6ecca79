/** What a pattern of web origins matches: for all patterns and texts. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allowsOrigin,
  DEVELOPMENT_ORIGINS,
  liesWithin,
  patternProblem,
} from '../../src/policy/origins/pattern.ts';
import { runs, SEED } from '../support/properties/runs.ts';

const LETTERS = 'abz09-'.split('');
const letters = (minLength: number) =>
  fc.array(fc.constantFrom(...LETTERS), { minLength, maxLength: 4 }).map((chars) => chars.join(''));
const tails = fc.constantFrom('.acme.example', '.vercel.app', '.previews.acme.example', '.acme.example:8443');

const patterns = fc
  .tuple(letters(0), letters(0), tails)
  .map(([before, after, tail]) => `https://${before}*${after}${tail}`)
  .filter((pattern) => patternProblem(pattern) === null);

/** What attackers put into a host, or around it. */
const ODD = './#?@:%\\[_*AéÜ。 \n\u0000\u00AD'
  .split('')
  .concat('xn-- %2e .. :443 https:// evil.example .acme.example .vercel.app'.split(' '));
const odd = fc.constantFrom(...ODD);
const middles = fc.oneof(
  letters(0),
  fc.array(fc.oneof(letters(1), odd), { maxLength: 4 }).map((parts) => parts.join('')),
);

/** A text close to what the pattern matches, or not. */
const around = (pattern: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: middles.map((middle) => pattern.replace('*', () => middle)) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(odd, middles, odd)
        .map(([front, middle, back]) => front + pattern.replace('*', () => middle) + back),
    },
    { weight: 1, arbitrary: fc.constantFrom('null', 'file://', '', pattern, 'https://evil.example') },
  );

const asked = patterns.chain((pattern) => fc.tuple(fc.constant(pattern), around(pattern)));

test(`The properties of this file run with seed ${SEED}`, () => {
  expect(Number.isSafeInteger(SEED)).toBe(true);
});

describe('Patterns', () => {
  test('A matched origin has the fixed parts around one label of letters, digits and hyphens, and no other host is meant', () => {
    let matched = 0;
    fc.assert(
      fc.property(asked, ([pattern, origin]) => {
        if (!allowsOrigin([pattern], origin)) return;
        matched += 1;
        const [before = '', after = ''] = pattern.split('*');
        const between = origin.slice(before.length, origin.length - after.length);
        expect(before + between + after).toBe(origin);
        expect(between).toMatch(/^[a-z0-9-]+$/);
        const [, host = ''] = origin.split('//');
        expect(new URL(origin)).toMatchObject({ protocol: 'https:', host, origin, username: '', hash: '' });
        expect(host.split('.')).toHaveLength(pattern.split('.').length);
      }),
      runs(5000),
    );
    // Or the above would say nothing.
    expect(matched).toBeGreaterThan(500);
  });

  test('A label of letters and digits in the place of * is matched', () => {
    fc.assert(
      fc.property(patterns, fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/), (pattern, label) => {
        expect(allowsOrigin([pattern], pattern.replace('*', label))).toBe(
          URL.canParse(pattern.replace('*', label)),
        );
      }),
      runs(1000),
    );
  });

  test('What a pattern matches is matched by every pattern that it lies within', () => {
    let within = 0;
    fc.assert(
      fc.property(asked, patterns, letters(0), letters(0), ([outer, origin], other, front, back) => {
        const inner = outer.replace('*', `${front}*${back}`);
        expect(liesWithin(inner, outer)).toBe(true);
        for (const [narrow, wide] of [
          [inner, outer],
          [outer, other],
          [other, outer],
        ] as const) {
          if (!liesWithin(narrow, wide) || !allowsOrigin([narrow], origin)) continue;
          within += 1;
          expect(allowsOrigin([wide], origin)).toBe(true);
        }
      }),
      runs(5000),
    );
    expect(within).toBeGreaterThan(100);
  });

  test('The development mode matches nothing but a loopback host, as browsers write it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DEVELOPMENT_ORIGINS),
        fc.oneof(middles, fc.integer({ min: 0, max: 70_000 }).map(String)),
        fc.oneof(fc.constant(''), odd),
        (pattern, port, back) => {
          const origin = pattern.replace(':*', `:${port}`) + back;
          if (!allowsOrigin(DEVELOPMENT_ORIGINS, origin)) return;
          expect(new URL(origin).origin).toBe(origin);
          expect(['localhost', '127.0.0.1', '[::1]']).toContain(new URL(origin).hostname);
        },
      ),
      runs(5000),
    );
  });
});
