/** Replacing the links of a page that nobody looks into: in any envelope, wherever it is cut, every other byte stays. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { ByteRenderer } from '../../src/upstream/page/untouched/bytes.ts';
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
const anyList = fc.oneof(
  fc.json({ depthSize: 'small' }).map((text) => `[${text}]`),
  fc.constantFrom('[]', '[{"next":"inner"},"next",":"]', '[{"next":"}]"}]'),
);
/** Rows are objects; a page of anything else is no page of PostHog's. */
const list = fc.oneof(
  fc
    .array(fc.dictionary(fc.string(), fc.jsonValue({ depthSize: 'small' })), { maxLength: 3 })
    .map((rows) => JSON.stringify(rows)),
  fc.constantFrom('[]', '[{"next":"inner"},{"a":["next",":"]}]', '[{"next":"}]"}]'),
);
const large = fc.oneof(
  anyList,
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
    larges: fc.uniqueArray(fc.constantFrom('meta', 'more'), { maxLength: 2 }),
  })
  .chain(({ links, scalars, larges }) =>
    fc
      .tuple(
        ...links.map((name) => member(name, link)),
        ...scalars.map((name) => member(name, scalar)),
        ...larges.map((name) => member(name, large)),
        member('results', list),
      )
      .chain((members) =>
        fc.shuffledSubarray(members, { minLength: members.length, maxLength: members.length }),
      ),
  );

const render = (members: readonly Member[], outer: string): string =>
  `${outer}{${members.map(({ literal, value, spaces: [a, b, c, d] }) => `${a}${literal}${b}:${c}${value}${d}`).join(',')}}${outer}`;

const isLinkName = (name: string): name is (typeof LINKS)[number] => LINKS.some((link_) => link_ === name);

function rendered(text: string, links: ReadonlyMap<string, Json>, cuts: readonly number[]): string {
  const renderer = new ByteRenderer({ rows: 'results', link: (name) => links.get(name) });
  const bytes = new TextEncoder().encode(text);
  const ends = [...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
  const pieces = ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end)).filter((piece) => piece.length > 0);
  return Buffer.concat([...pieces.map((piece) => renderer.push(piece)), renderer.end()]).toString();
}

const replacement = fc.option(tricky);

test('Replacing links leaves every other byte of a page as it came', () => {
  const cuts = fc.array(fc.nat(500), { maxLength: 6 });
  fc.assert(
    fc.property(
      envelopes,
      space,
      fc.tuple(replacement, replacement, replacement),
      cuts,
      (members, outer, ours, ends) => {
        const links = new Map<string, Json>(LINKS.map((name, i) => [name, ours[i] ?? null]));
        const replaced = members.map((one) =>
          isLinkName(one.name) ? { ...one, value: JSON.stringify(links.get(one.name)) } : one,
        );
        expect(rendered(render(members, outer), links, ends)).toBe(render(replaced, outer));
      },
    ),
    runs(1000),
  );
});
