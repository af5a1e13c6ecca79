import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/failure.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { Result } from '../../../src/core/result.ts';
import { chunksOf } from '../../../src/upstream/chunks.ts';
import {
  rewritePage,
  startPage,
  type PageOutcome,
  type PageRewrite,
  type RowVerdict,
} from '../../../src/upstream/page/stream.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const keepAll = (): RowVerdict => ({ kind: 'keep' });
const asItIs = (_name: string, value: Json): Json => value;
const rewriting = (some: Partial<PageRewrite> = {}): PageRewrite => ({
  rows: 'results',
  judge: keepAll,
  member: asItIs,
  ...some,
});
const inPeople = (some: Partial<PageRewrite> = {}): PageRewrite => rewriting({ rows: 'people', ...some });
/** Keeps acme's rows. */
const acmeOnly = (row: JsonObject): RowVerdict => ({ kind: row['t'] === 'acme' ? 'keep' : 'drop' });

const onlyA = (row: JsonObject): RowVerdict => ({
  kind: 'rewrite',
  row: Object.fromEntries(Object.entries(row).filter(([name]) => name === 'a')),
});
const defective = (): RowVerdict => {
  throw new RangeError('defect');
};
const noInitial = (name: string, value: Json): Json | undefined =>
  name === 'next' ? 'https://gateway/' : name === 'initial' ? undefined : value;
const nobody = () => undefined;

/** A stream of these chunks. */
function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = chunks.values();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = left.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

interface Rewritten {
  readonly text: string;
  readonly error: unknown;
  readonly outcomes: PageOutcome[];
}

/** Pipes a page through, in the chunks given. */
async function rewritten(
  rewrite: PageRewrite,
  ...chunks: readonly (string | Uint8Array)[]
): Promise<Rewritten> {
  const outcomes: PageOutcome[] = [];
  const source = streamOf(chunks.map((chunk) => (typeof chunk === 'string' ? bytesOf(chunk) : chunk)));
  const read = await drained(source.pipeThrough(rewritePage(rewrite, (outcome) => outcomes.push(outcome))));
  return { ...read, outcomes };
}

async function drained(stream: ReadableStream<Uint8Array>): Promise<{ text: string; error: unknown }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>)
      text += decoder.decode(chunk, { stream: true });
    return { text: text + decoder.decode(), error: null };
  } catch (error) {
    return { text, error };
  }
}

async function expectError(rewrite: PageRewrite, text: string | Uint8Array, message: RegExp): Promise<void> {
  const { error, outcomes, text: out } = await rewritten(rewrite, text);
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toMatch(message);
  expect(outcomes).toMatchObject([{ complete: false, flaw: (error as Error).message }]);
  expect(() => void JSON.parse(out)).toThrow(SyntaxError);
}

/** What a door says of an answer that breaks off. */
const lost = () => failure('upstream_unreachable', 'PostHog broke off');

const begin = (
  stream: ReadableStream<Uint8Array>,
  rewrite: PageRewrite,
  done: (outcome: PageOutcome) => void,
) => startPage(chunksOf(stream), rewrite, done, lost);

describe('a page of results', () => {
  test('goes out with the rows that pass and without the others, in their order, every byte of a row as it was', async () => {
    const kept = ['{ "t" :"acme","n":1.0,"s":"\\u00e9}]\\""}', '{"t":"acme","big":12345678901234567890}'];
    const { text, outcomes } = await rewritten(
      rewriting({ judge: acmeOnly }),
      ` { "next" : null, "results": [ {"t":"other"} , ${kept[0]} ,{"u":"acme"}, ${kept[1]}, {"t":["acme"]} ] , "previous":null } `,
    );
    expect(text).toBe(`{"next":null,"results":[${kept.join(',')}],"previous":null}`);
    expect(outcomes).toEqual([{ rowsIn: 5, rowsOut: 2, complete: true, flaw: null }]);
  });

  test('goes out with rows rewritten where the judge says so', async () => {
    const { text } = await rewritten(rewriting({ judge: onlyA }), '{"results":[{"a":1,"ssn":2},{"ssn":{}}]}');
    expect(text).toBe('{"results":[{"a":1},{}]}');
  });

  test('has its members replaced, kept with their digits, or left out, in front of the rows and behind them', async () => {
    const { text } = await rewritten(
      rewriting({ member: noInitial }),
      '{"next":"x","results":[],"count":10000000000000000001,"other":1e2,"initia\\u006c":null}',
    );
    expect(text).toBe('{"next":"https://gateway/","results":[],"count":10000000000000000001,"other":1e2}');
  });

  test('is known by its meaning, not its spelling: an escaped name is the name', async () => {
    const { text } = await rewritten(rewriting({ judge: acmeOnly }), '{"result\\u0073":[{"t":"other"}]}');
    expect(JSON.parse(text)).toEqual({ results: [] });
  });

  test.for(['{"results":[]}', '{"next":null,"results":[ ]}', '[]', ' [ ] '])(
    'may be empty: %s',
    async (page) => {
      const { text, outcomes } = await rewritten(rewriting(), page);
      expect(text).toBe(page.replaceAll(' ', ''));
      expect(outcomes).toEqual([{ rowsIn: 0, rowsOut: 0, complete: true, flaw: null }]);
    },
  );

  test('may be cut anywhere, also inside a character and an escape', async () => {
    const page = bytesOf('{"next":"é","results":[{"a\\\\":"\\"}ü😀\\\\","b":[{}]}],"x":-1.5e3}');
    const { text } = await rewritten(rewriting(), ...Array.from(page, (_, i) => page.subarray(i, i + 1)));
    expect(text).toBe(new TextDecoder().decode(page));
  });
});

describe('a page of people', () => {
  test('counts the people that go out, wherever the count stood', async () => {
    const people = '"people":[{"t":"acme"},{"t":"other"},{"t":"acme"}]';
    const expected = '{"people":[{"t":"acme"},{"t":"acme"}],"count":2}';
    for (const result of [`{"count":3,${people}}`, `{${people},"count":3}`]) {
      const { text } = await rewritten(inPeople({ judge: acmeOnly }), `{"results":[${result}],"next":null}`);
      expect(text).toBe(`{"results":[${expected}],"next":null}`);
    }
  });

  test('counts each result by itself, and counts nothing where PostHog did not', async () => {
    const { text } = await rewritten(
      inPeople({ judge: acmeOnly }),
      '{"results":[{"people":[{"t":"acme"}],"count":1},{"count":1,"people":[{}]},{"people":[],"day":"x"}]}',
    );
    expect(text).toBe(
      '{"results":[{"people":[{"t":"acme"}],"count":1},{"people":[],"count":0},{"people":[],"day":"x"}]}',
    );
  });

  test('does not let rows out where they stand in the place of results', async () => {
    await expectError(inPeople(), '{"results":[{"id":"1"}]}', /without people/);
  });
});

describe('a page with something unknown in it does not go out whole', () => {
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
    ['{"results":[],"others":[]}', /unknown/],
    ['{"others":{"a":{}},"results":[]}', /unknown/],
    ['{"results":[{"a":1,"a":2}]}', /twice/],
    ['{"results":[{"p":{"a":1,"\\u0061":2}}]}', /twice/],
    ['{"results":[{"a":[}]}]}', /not JSON/],
    ['{"results":[{\'a\':1}]}', /not JSON/],
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
    [`{"results":[${'{"a":'.repeat(201)}1${'}'.repeat(201)}]}`, /too deeply/],
  ])('%s', ([page, message]) => expectError(rewriting(), page, message));

  test.for<[string, RegExp]>([
    ['{"results":[{"people":[],"people":[{}]}]}', /twice/],
    ['{"results":[{"people":[],"others":[{}]}]}', /unknown/],
    ['{"results":[{"count":[],"people":[]}]}', /unknown/],
    ['{"results":[{"people":[1]}]}', /no object/],
    ['{"results":[1]}', /not the JSON of a page/],
    ['{"results":[[]]}', /not the JSON of a page/],
    ['{"results":[{"count":1}]}', /without people/],
  ])('%s, of people', ([page, message]) => expectError(inPeople(), page, message));

  test('bytes that are no UTF-8', async () => {
    for (const place of ['{"results":[{"a":"?"}]}', '{"next":"?","results":[]}', '{"?":1,"results":[]}']) {
      const bytes = bytesOf(place).map((byte) => (byte === 0x3f ? 0xff : byte));
      await expectError(rewriting(), bytes, /not UTF-8/);
    }
  });

  test('a row of more than 1 MiB, whatever chunks it comes in', async () => {
    const page = `{"results":[{"a":"${'x'.repeat(1_048_576)}"}]}`;
    await expectError(rewriting(), page, /too large/);
    const half = page.length / 2;
    const { error } = await rewritten(rewriting(), page.slice(0, half), page.slice(half));
    expect(String(error)).toMatch(/row that is too large/);
  });

  test('more than 64 KiB in front of the rows, or of members altogether', async () => {
    const long = 'x'.repeat(40_000);
    await expectError(
      rewriting(),
      `{"a":"${long}","b":"${long}","results":[]}`,
      /envelope that is too large/,
    );
    await expectError(
      rewriting(),
      `{"results":[],"a":"${long}","b":"${long}"}`,
      /envelope that is too large/,
    );
    const { error } = await rewritten(
      rewriting(),
      '{',
      ' '.repeat(40_000),
      ' '.repeat(40_000),
      '"results":[{}]}',
    );
    expect(String(error)).toMatch(/in front of its rows/);
  });

  test('words about a flaw hold nothing of the page', async () => {
    const { error } = await rewritten(rewriting(), '{"results":[{"secret":nope}]}');
    expect(JSON.stringify([String(error), (error as Error).stack])).not.toMatch(/secret|nope/);
  });
});

/** A source that is fed by hand and knows how much of it was asked for. */
function handFed() {
  const asked: PromiseWithResolvers<void>[] = [Promise.withResolvers<void>()];
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const seen = { pulls: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
      pull: () => {
        seen.pulls += 1;
        asked.at(-1)?.resolve();
      },
      cancel: () => {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    seen,
    send: (text: string) => controller?.enqueue(bytesOf(text)),
    end: () => controller?.close(),
    breakOff: () => controller?.error(new Error('reset by 10.0.0.1')),
  };
}

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.failure.code);
  return result.value;
};

async function nextText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value } = await reader.read();
  return new TextDecoder().decode(value);
}

describe('a page that is started', () => {
  test('lets its first row out before the last came in', async () => {
    const source = handFed();
    source.send('{"next":null,"results":[{"a":1},{"a"');
    const reader = valueOf(await begin(source.stream, rewriting(), nobody)).getReader();
    expect(await nextText(reader)).toBe('{"next":null,"results":[{"a":1}');
    source.send(':2}, ');
    expect(await nextText(reader)).toBe(',{"a":2}');
    source.send('{"a":3}]}');
    source.end();
    expect(await nextText(reader)).toBe(',{"a":3}]');
    expect(await nextText(reader)).toBe('}');
    expect((await reader.read()).done).toBe(true);
  });

  test('is asked of PostHog no faster than the client reads it', async () => {
    const source = handFed();
    source.send('{"results":[{}');
    const reader = valueOf(await begin(source.stream, rewriting(), nobody)).getReader();
    for (let i = 0; i < 20; i += 1) source.send(',{}');
    await nextText(reader);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(source.seen.pulls).toBe(0);
    await nextText(reader);
    await reader.cancel();
    expect(source.seen.cancelled).toBe(true);
  });

  test.for(['<html>', '', '{"detail":"x"}', '{"results":[7]}', '{"results":[{"a"', '{"results":[{}]} x'])(
    'is a failure and no stream where PostHog answers %s',
    async (page) => {
      const source = handFed();
      if (page !== '') source.send(page);
      source.end();
      const outcomes: PageOutcome[] = [];
      const started = await begin(source.stream, rewriting(), (outcome) => outcomes.push(outcome));
      expect(started).toMatchObject({ ok: false, failure: { code: 'upstream_reply_invalid' } });
      expect(outcomes).toEqual([]);
    },
  );

  test('stops listening to a page that is none', async () => {
    const source = handFed();
    source.send('<html>');
    expect((await begin(source.stream, rewriting(), nobody)).ok).toBe(false);
    expect(source.seen.cancelled).toBe(true);
  });

  test('fails as the door does where PostHog breaks off before the first row', async () => {
    const source = handFed();
    source.breakOff();
    const started = await begin(source.stream, rewriting(), nobody);
    expect(started).toMatchObject({ ok: false, failure: { code: 'upstream_unreachable' } });
  });

  test('breaks off where PostHog does, with words of its own, and says so', async () => {
    const source = handFed();
    const outcomes: PageOutcome[] = [];
    source.send('{"results":[{"a":1}');
    const started = await begin(source.stream, rewriting(), (outcome) => outcomes.push(outcome));
    const reading = drained(valueOf(started));
    source.breakOff();
    const { text, error } = await reading;
    expect(text).toBe('{"results":[{"a":1}');
    expect(String(error)).not.toMatch(/10\.0\.0\.1/);
    expect(outcomes).toEqual([{ rowsIn: 1, rowsOut: 1, complete: false, flaw: null }]);
  });

  test('goes on past rows that are dropped, and tells how many there were', async () => {
    const outcomes: PageOutcome[] = [];
    const chunks = ['{"results":[{}', ',{}', ',{},{}', ',{"t":"acme"}', ',{}]', '}'].map(bytesOf);
    const started = await begin(streamOf(chunks), rewriting({ judge: acmeOnly }), (outcome) =>
      outcomes.push(outcome),
    );
    expect(await drained(valueOf(started))).toEqual({ text: '{"results":[{"t":"acme"}]}', error: null });
    expect(outcomes).toEqual([{ rowsIn: 6, rowsOut: 1, complete: true, flaw: null }]);
  });

  test('tells once that the client hung up, and tells PostHog', async () => {
    const source = handFed();
    const outcomes: PageOutcome[] = [];
    source.send('{"results":[{}');
    const page = valueOf(await begin(source.stream, rewriting(), (outcome) => outcomes.push(outcome)));
    await page.cancel();
    expect(source.seen.cancelled).toBe(true);
    expect(outcomes).toEqual([{ rowsIn: 1, rowsOut: 1, complete: false, flaw: null }]);
  });

  test('does not hide a defect of the judge as a failure of PostHog', async () => {
    const source = handFed();
    source.send('{"results":[{}]}');
    await expect(begin(source.stream, rewriting({ judge: defective }), nobody)).rejects.toThrow('defect');
  });
});
