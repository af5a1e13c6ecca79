/** Pages of rows and of people, read row by row, and what does not pass for one. */
import { describe, expect, test } from 'vitest';
import {
  acmeOnly,
  begin,
  bytesOf,
  expectInvalid,
  got,
  inPeople,
  noInitial,
  onlyA,
  rowsPlan,
  streamOf,
  whole,
} from '../../support/upstream/render.ts';

describe('Pages of results', () => {
  test('A page goes out with the rows that pass and without the others, in their order, every byte of a row as it was', async () => {
    const kept = ['{ "t" :"acme","n":1.0,"s":"\\u00e9}]\\""}', '{"t":"acme","big":12345678901234567890}'];
    const { text, outcome } = await got(
      rowsPlan({ judge: acmeOnly }),
      ` { "next" : null, "results": [ {"t":"other"} , ${kept[0]} ,{"u":"acme"}, ${kept[1]}, {"t":["acme"]} ] , "previous":null } `,
    );
    expect(text).toBe(`{"next":null,"results":[${kept.join(',')}],"previous":null}`);
    expect(outcome).toEqual(whole(5, 2));
  });

  test('A page goes out with rows rewritten where the judge says so', async () => {
    const { text } = await got(rowsPlan({ judge: onlyA }), '{"results":[{"a":1,"ssn":2},{"ssn":{}}]}');
    expect(text).toBe('{"results":[{"a":1},{}]}');
  });

  test('A page has its members replaced, kept with their digits, or left out, in front of the rows and behind them', async () => {
    const { text } = await got(
      rowsPlan({ member: noInitial }),
      '{"next":"x","results":[],"count":10000000000000000001,"other":1e2,"initia\\u006c":null}',
    );
    expect(text).toBe('{"next":"https://gateway/","results":[],"count":10000000000000000001,"other":1e2}');
  });

  test('A member is known by its meaning, not its spelling: an escaped name is the name', async () => {
    const { text } = await got(rowsPlan({ judge: acmeOnly }), '{"result\\u0073":[{"t":"other"}]}');
    expect(JSON.parse(text)).toEqual({ results: [] });
  });

  test.for(['{"results":[]}', '{"next":null,"results":[ ]}', '[]', ' [ ] '])(
    'A page may be empty: %s',
    async (page) => {
      const { text, outcome } = await got(rowsPlan(), page);
      expect(text).toBe(page.replaceAll(' ', ''));
      expect(outcome).toEqual(whole(0, 0));
    },
  );

  test('A page may be cut anywhere, even inside a character and an escape', async () => {
    const page = bytesOf('{"next":"é","results":[{"a\\\\":"\\"}ü😀\\\\","b":[{}]}],"x":-1.5e3}');
    const { text } = await got(rowsPlan(), ...Array.from(page, (_, i) => page.subarray(i, i + 1)));
    expect(text).toBe(new TextDecoder().decode(page));
  });
});

describe('Pages of people', () => {
  test('A page counts the people that go out, wherever the count stood', async () => {
    const people = '"people":[{"t":"acme"},{"t":"other"},{"t":"acme"}]';
    const expected = '{"people":[{"t":"acme"},{"t":"acme"}],"count":2}';
    for (const result of [`{"count":3,${people}}`, `{${people},"count":3}`]) {
      const { text } = await got(inPeople({ judge: acmeOnly }), `{"results":[${result}],"next":null}`);
      expect(text).toBe(`{"results":[${expected}],"next":null}`);
    }
  });

  test('A page counts each result by itself, and counts nothing where PostHog did not', async () => {
    const { text } = await got(
      inPeople({ judge: acmeOnly }),
      '{"results":[{"people":[{"t":"acme"}],"count":1},{"count":1,"people":[{}]},{"people":[],"day":"x"}]}',
    );
    expect(text).toBe(
      '{"results":[{"people":[{"t":"acme"}],"count":1},{"people":[],"count":0},{"people":[]}]}',
    );
  });

  test('A page does not let rows out where they stand in the place of results', async () => {
    await expectInvalid(inPeople(), '{"results":[{"id":"1"}]}', /without people/);
  });
});

describe('Pages with something unknown', () => {
  test.for<[string, RegExp]>([
    ['{"results":[1]}', /no object/],
    ['{"results":[[{}]]}', /no object/],
    ['{"results":[{},null]}', /no object/],
    ['{"results":{}}', /not the JSON of a page/],
    ['{"results":null}', /not the JSON of a page/],
    ['{"next":null}', /no results/],
    ['{}', /no results/],
    ['{"results":[],"results":[{}]}', /twice/],
    ['{"results":[],"result\\u0073":[{}]}', /twice/],
    ['{"next":1,"results":[],"next":2}', /twice/],
    ['{"results":[{"a":[}]}]}', /not the JSON of a page/],
    ['{"results":[{"a":[1}]', /breaks off/],
    ['{"results":[{}{}]}', /not the JSON of a page/],
    ['{"results":[{},]}', /no object/],
    ['{"results":[,{}]}', /no object/],
    ['{"results":[{}],}', /not the JSON of a page/],
    ['{"results":[{}]]', /not the JSON of a page/],
    ['{"results" [{}]}', /not the JSON of a page/],
    ['{results:[]}', /not the JSON of a page/],
    ['{1:2,"results":[]}', /not the JSON of a page/],
    ['{"next":nul,"results":[]}', /not the JSON of a page/],
    ['{"next":01,"results":[]}', /not the JSON of a page/],
    ['{"next":,"results":[]}', /not the JSON of a page/],
    ['{"results":[]} x', /behind its end/],
    ['{"results":[]}{"results":[]}', /behind its end/],
    ['[]]', /behind its end/],
    ['[{}]', /not the JSON of a page/],
    ['', /breaks off/],
    ['  ', /breaks off/],
    ['null', /not the JSON of a page/],
    ['<!doctype html>', /not the JSON of a page/],
    ['\u{FEFF}{"results":[]}', /not the JSON of a page/],
  ])('A page is not sent whole with %s', ([page, message]) => expectInvalid(rowsPlan(), page, message));

  test.for<[string, RegExp]>([
    ['{"results":[{"people":[],"people":[{}]}]}', /twice/],
    ['{"results":[{"people":[1]}]}', /no object/],
    ['{"results":[1]}', /not the JSON of a page/],
    ['{"results":[[]]}', /not the JSON of a page/],
    ['{"results":[{"count":1}]}', /without people/],
  ])('A page of people is not sent whole with %s', ([page, message]) =>
    expectInvalid(inPeople(), page, message),
  );

  test('A page is not sent whole with bytes that are no UTF-8', async () => {
    for (const place of ['{"next":"?","results":[]}', '{"?":1,"results":[]}']) {
      const bytes = bytesOf(place).map((byte) => (byte === 0x3f ? 0xff : byte));
      await expectInvalid(rowsPlan(), bytes, /not UTF-8/);
    }
  });

  test('A page is not sent whole with more than 64 KiB in front of the rows, or of members altogether', async () => {
    const long = 'x'.repeat(40_000);
    await expectInvalid(
      rowsPlan(),
      `{"a":"${long}","b":"${long}","results":[]}`,
      /envelope that is too large/,
    );
    await expectInvalid(
      rowsPlan(),
      `{"results":[],"a":"${long}","b":"${long}"}`,
      /envelope that is too large/,
    );
  });

  test('The message about a page holds nothing of the page', async () => {
    const result = await begin(streamOf([bytesOf('{"secret":nope,"results":[]}')]), rowsPlan());
    expect(JSON.stringify(result)).not.toMatch(/secret|nope/);
  });
});
