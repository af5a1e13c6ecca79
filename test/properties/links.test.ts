/** Replacing links is what JSON says it is, in any envelope; and where they stand at an end, every other byte stays. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { replaceLinks, type Links } from '../../src/upstream/links.ts';
import { runs } from '../support/properties/runs.ts';

const LINKS = ['next', 'previous', 'initial'] as const;

const space = fc.constantFrom('', '', ' ', '\n', '\t ', '\r\n  ');
/** Text full of what could be taken for structure. */
const tricky = fc.oneof(
  fc.string({
    unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ':', ',', 'next', ' ', 'ü', '🦔'),
    maxLength: 8,
  }),
  fc.string({ maxLength: 8 }),
  fc.constantFrom('next', '"next":"x"', '\\', '\\\\"', '\u2028'),
);
const scalar = fc.oneof(
  tricky.map((text) => JSON.stringify(text)),
  fc.constantFrom(
    'null',
    'true',
    'false',
    '0',
    '-1.50',
    '1E+5',
    '12345678901234567890',
    '"\\u006eext"',
    '""',
  ),
);
const large = fc.oneof(
  fc.json({ depthSize: 'small' }).filter((text) => /^[{[]/.test(text)),
  fc.constantFrom(
    '[]',
    '{}',
    '{"next":"inner","previous":null}',
    '[{"next":"inner"},"next",":"]',
    '{"a":{"initial":"x"}}',
  ),
);
/** A name as it may be written: as it is, or with its first character escaped. */
const literalOf = (name: string, escaped: boolean): string =>
  escaped
    ? `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(name.slice(1)).slice(1)}`
    : JSON.stringify(name);

interface Member {
  readonly name: string;
  readonly literal: string;
  readonly value: string;
  readonly spaces: readonly [string, string, string, string];
}

const member = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Member> =>
  fc
    .tuple(value, fc.boolean(), fc.tuple(space, space, space, space))
    .map(([text, escaped, spaces]) => ({ name, literal: literalOf(name, escaped), value: text, spaces }));

const link = fc.oneof(
  fc.constant('null'),
  tricky.map((text) => JSON.stringify(text)),
);

const envelopes: fc.Arbitrary<readonly Member[]> = fc
  .record({
    links: fc.shuffledSubarray([...LINKS]),
    scalars: fc.uniqueArray(fc.constantFrom('count', 'x', 'is_cached', 'a"b', 'nex', 'next ', 'ü'), {
      maxLength: 4,
    }),
    larges: fc.uniqueArray(fc.constantFrom('results', 'meta', 'more'), { maxLength: 3 }),
  })
  .chain(({ links, scalars, larges }) =>
    fc
      .tuple(
        ...links.map((name) => member(name, link)),
        ...scalars.map((name) => member(name, scalar)),
        ...larges.map((name) => member(name, large)),
      )
      .chain((members) =>
        fc.shuffledSubarray(members, { minLength: members.length, maxLength: members.length }),
      ),
  );

const render = (members: readonly Member[], outer: string): string =>
  `${outer}{${members.map(({ literal, value, spaces: [a, b, c, d] }) => `${a}${literal}${b}:${c}${value}${d}`).join(',')}}${outer}`;

const isLarge = ({ value }: Member): boolean => /^[{[]/.test(value);
const isLinkName = (name: string): name is (typeof LINKS)[number] => LINKS.some((link_) => link_ === name);

/** Are all links in front of the first large member, or behind the last? */
function atTheEnds(members: readonly Member[]): boolean {
  const first = members.findIndex((one) => isLarge(one));
  const last = members.findLastIndex((one) => isLarge(one));
  return members.every(({ name }, i) => !isLinkName(name) || first === -1 || i < first || i > last);
}

const replacement = fc.option(tricky);

test('replacing links', () => {
  let exact = 0;
  fc.assert(
    fc.property(envelopes, space, fc.tuple(replacement, replacement, replacement), (members, outer, ours) => {
      const text = render(members, outer);
      const envelope = JSON.parse(text) as JsonObject;
      const links: Links = Object.fromEntries(
        LINKS.map((name, i) => [name, ours[i] ?? null] as const).filter(([name]) =>
          Object.hasOwn(envelope, name),
        ),
      );
      const out = replaceLinks(text, envelope, links);

      expect(JSON.parse(out)).toEqual({ ...envelope, ...links });
      if (!atTheEnds(members)) return;
      exact += 1;
      const replaced = members.map((one) =>
        isLinkName(one.name) ? { ...one, value: JSON.stringify(links[one.name]) } : one,
      );
      expect(out).toBe(render(replaced, outer));
    }),
    runs(1000),
  );
  // Or the second half would say little.
  expect(exact).toBeGreaterThan(200);
});
