/** The key does not come out: of a text, or of a stream however it is cut. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkOf, type ChunkReader } from '../../src/upstream/chunks.ts';
import { chunkScrubberOf, scrubberOf, scrubsOf } from '../../src/upstream/scrub.ts';
import { runs } from '../support/properties/runs.ts';

const KEY = 'phx_+k"e\\y/1';
const FORMS = [KEY, encodeURIComponent(KEY), JSON.stringify(KEY).slice(1, -1)];

describe('Texts', () => {
  test.each(FORMS)('A text loses the key as %s', (form) => {
    const clean = scrubberOf(KEY)(`a ${form}${form} b ${form}`);
    expect(clean).toBe('a [redacted][redacted] b [redacted]');
  });

  test('A text without the key stays the same', () => {
    const text = 'phx_ and nothing else';
    expect(scrubberOf(KEY)(text)).toBe(text);
  });

  test('A text loses each secret', () => {
    expect(
      scrubberOf('one-secret', 'posthog.example:8000')('one-secret https://posthog.example:8000/x'),
    ).toBe('[redacted] https://[redacted]/x');
  });

  test('A text in PostHog’s own words loses the host too, every other text the key alone', () => {
    const scrubs = scrubsOf({ origin: 'https://posthog.example:8000', key: KEY });
    expect(scrubs.words(`${KEY} posthog.example:8000`)).toBe('[redacted] [redacted]');
    expect(scrubs.key(`${KEY} posthog.example:8000`)).toBe('[redacted] posthog.example:8000');
  });

  test('A JSON text stays JSON', () => {
    const value = { [KEY]: [KEY, `x${KEY}`], url: `?k=${encodeURIComponent(KEY)}` };
    const read: unknown = JSON.parse(scrubberOf(KEY)(JSON.stringify(value)));
    expect(read).toEqual({ '[redacted]': ['[redacted]', 'x[redacted]'], url: '?k=[redacted]' });
  });
});

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A reader of these pieces. */
function readerOf(pieces: readonly Uint8Array[]): ChunkReader {
  const left = pieces.values();
  return { whole: false, read: async () => left.next().value ?? null, cancel: async () => undefined };
}

/** What comes out of a body in these pieces. */
const scrubbed = (secret: string, pieces: readonly Uint8Array[]): Promise<Uint8Array> =>
  drained(chunkScrubberOf(secret)(readerOf(pieces)));

/** What comes out of a body that is there at once. */
const scrubbedAtOnce = (secret: string, text: string): Promise<Uint8Array> =>
  drained(chunkScrubberOf(secret)(chunkOf(() => Promise.resolve(bytesOf(text)))));

async function drained(chunks: ChunkReader): Promise<Uint8Array> {
  const out: Uint8Array[] = [];
  for (let chunk = await chunks.read(); chunk !== null; chunk = await chunks.read()) out.push(chunk);
  return new Uint8Array(Buffer.concat(out));
}

const cutAt = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
};

const hex = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, '0');
/** Hexadecimal digits in a case that is drawn. */
const anyCase = (text: string, upper: boolean): string => (upper ? text.toUpperCase() : text);
const unicode = (char: string, upper: boolean): string => `\\u00${anyCase(hex(char), upper)}`;
/** The ways to write one character of a key inside a JSON string. */
const WAYS: readonly ((char: string, upper: boolean) => string)[] = [
  (char) => JSON.stringify(char).slice(1, -1),
  unicode,
  (char) => (char === '/' ? '\\/' : JSON.stringify(char).slice(1, -1)),
  (char, upper) => `%${anyCase(hex(char), upper)}`,
  (char, upper) => `%25${anyCase(hex(char), upper)}`,
  (char, upper) => `${unicode('%', upper)}${anyCase(hex(char), upper)}`,
  (char, upper) => `%${Array.from(anyCase(hex(char), upper), (digit) => unicode(digit, !upper)).join('')}`,
];
const PLAIN_KEY = 'phx_aZ9-+/';
const spellings = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(WAYS.length - 1), fc.boolean()), {
      minLength: PLAIN_KEY.length,
      maxLength: PLAIN_KEY.length,
    }),
  )
  .map(([ways]) => ways.map(([way, upper], i) => WAYS[way]?.(PLAIN_KEY[i] ?? '', upper) ?? '').join(''));

/** Every text that a reader of JSON and of URLs could make of a JSON text. */
function readings(json: string): string[] {
  const read = [json, String(JSON.parse(json))];
  for (let again = 0; again < 3; again += 1) {
    read.push(
      ...read.map((text) =>
        text.replaceAll(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(parseInt(String(code), 16))),
      ),
    );
  }
  return read;
}

describe('Bodies in pieces', () => {
  test.each(FORMS)('A body loses the key as %s, wherever it is cut', async (form) => {
    const bytes = bytesOf(`{"a":"${form}","b":"${form}${form}"}`);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const out = new TextDecoder().decode(await scrubbed(KEY, cutAt(bytes, [cut, cut + 1])));
      expect(out).toBe('{"a":"[redacted]","b":"[redacted][redacted]"}');
    }
    const atOnce = await scrubbedAtOnce(KEY, new TextDecoder().decode(bytes));
    expect(new TextDecoder().decode(atOnce)).toBe('{"a":"[redacted]","b":"[redacted][redacted]"}');
  });

  test('An empty body stays empty, and the end of a body that was held back comes at the end', async () => {
    expect(await scrubbed(KEY, [])).toHaveLength(0);
    expect(await scrubbed(KEY, [bytesOf(''), bytesOf('phx'), bytesOf('')])).toEqual(bytesOf('phx'));
  });

  test('A body loses the key in every spelling and keeps every other byte, exactly as a text does', async () => {
    const around = fc.array(
      fc.oneof(
        fc.constantFrom('ü', 'phx_', '\\\\', '\\u0070', '%70', '\\"', '%', 'hx_aZ9'),
        fc.string({ unit: fc.constantFrom('a', '%', ' ') }),
      ),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(
        around,
        spellings,
        around,
        fc.array(fc.nat(400), { maxLength: 8 }),
        async (before, key, after, cuts) => {
          const json = `"${before.join('')}${key}${after.join('')}"`;
          const out = new TextDecoder().decode(await scrubbed(PLAIN_KEY, cutAt(bytesOf(json), cuts)));
          expect(out).toBe(scrubberOf(PLAIN_KEY)(json));
          expect(new TextDecoder().decode(await scrubbedAtOnce(PLAIN_KEY, json))).toBe(out);
          expect(readings(out).filter((text) => text.includes(PLAIN_KEY))).toEqual([]);
          expect(out.startsWith(`"${before.join('')}`)).toBe(true);
          expect(out.endsWith(`${after.join('')}"`)).toBe(true);
        },
      ),
      runs(1500),
    );
  });

  test('A body without the key keeps every byte, text or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }), async (pieces) => {
        expect(await scrubbed(PLAIN_KEY, pieces)).toEqual(new Uint8Array(Buffer.concat(pieces)));
      }),
      runs(200),
    );
  });

  test.each(['\\\\u0070hx_aZ9-+/', '\\\\\\\\u0070hx_aZ9-+/'])(
    'A body that reads as something else than the key keeps its meaning: %s',
    async (text) => {
      const bytes = bytesOf(JSON.stringify({ text: JSON.parse(`"${text}"`) as string }));
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        expect(await scrubbed(PLAIN_KEY, cutAt(bytes, [cut]))).toEqual(bytes);
      }
    },
  );

  test('A body with a long run of backslashes is scrubbed in time that grows with its length alone', async () => {
    const run = '\\'.repeat(200_000);
    const out = new TextDecoder().decode(await scrubbed(PLAIN_KEY, [bytesOf(`"${run}\\u0070hx_aZ9-+/"`)]));
    expect(out).toBe(`"${run}[redacted]"`);
  });
});
