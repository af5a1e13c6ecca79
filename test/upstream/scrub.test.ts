/** The key does not come out: of a text, or of a stream however it is cut. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scrubberOf, scrubsOf, scrubStream } from '../../src/upstream/scrub.ts';
import { runs } from '../support/properties/runs.ts';

const KEY = 'phx_+k"e\\y/1';
const FORMS = [KEY, encodeURIComponent(KEY), JSON.stringify(KEY).slice(1, -1)];

describe('a text', () => {
  test.each(FORMS)('is rid of the key as %s', (form) => {
    const clean = scrubberOf(KEY)(`a ${form}${form} b ${form}`);
    expect(clean).toBe('a [redacted][redacted] b [redacted]');
  });

  test('without it is the same text', () => {
    const text = 'phx_ and nothing else';
    expect(scrubberOf(KEY)(text)).toBe(text);
  });

  test('is rid of each secret', () => {
    expect(
      scrubberOf('one-secret', 'posthog.example:8000')('one-secret https://posthog.example:8000/x'),
    ).toBe('[redacted] https://[redacted]/x');
  });

  test('of PostHog’s own words loses the host too, everything else the key alone', () => {
    const scrubs = scrubsOf({ origin: 'https://posthog.example:8000', key: KEY });
    expect(scrubs.words(`${KEY} posthog.example:8000`)).toBe('[redacted] [redacted]');
    expect(scrubs.key(`${KEY} posthog.example:8000`)).toBe('[redacted] posthog.example:8000');
  });

  test('of JSON stays JSON', () => {
    const value = { [KEY]: [KEY, `x${KEY}`], url: `?k=${encodeURIComponent(KEY)}` };
    const read: unknown = JSON.parse(scrubberOf(KEY)(JSON.stringify(value)));
    expect(read).toEqual({ '[redacted]': ['[redacted]', 'x[redacted]'], url: '?k=[redacted]' });
  });
});

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What comes out of a stream of these pieces. */
async function streamed(secret: string, pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return new Response(source.pipeThrough(scrubStream(secret))).bytes();
}

const cutAt = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end));
};

describe('a stream', () => {
  test.each(FORMS)('is rid of the key as %s, cut anywhere, and is as long as before', async (form) => {
    const bytes = bytesOf(`{"a":"${form}","b":"${form}${form}"}`);
    const stars = '*'.repeat(form.length);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const out = new TextDecoder().decode(await streamed(KEY, cutAt(bytes, [cut, cut + 1])));
      expect(out).toBe(`{"a":"${stars}","b":"${stars}${stars}"}`);
    }
  });

  test('of nothing is nothing, and what it held back comes at the end', async () => {
    expect(await streamed(KEY, [])).toHaveLength(0);
    expect(await streamed(KEY, [bytesOf(''), bytesOf('phx'), bytesOf('')])).toEqual(bytesOf('phx'));
  });

  test('passes on what cannot be the key’s beginning any more without waiting for its end', async () => {
    const stream = scrubStream(KEY);
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    void writer.write(new Uint8Array(1000));
    const { value } = await reader.read();
    expect(value?.length).toBeGreaterThan(1000 - 3 * KEY.length);
    await writer.abort();
  });

  test('for any bytes, any key in them and any cutting: the key never comes out, and nothing else changes', async () => {
    // Few letters, so that beginnings of the key are everywhere, overlapping ones among them.
    const letters = fc.constantFrom('a', 'b', '%', '"');
    const keys = fc.string({ unit: letters, minLength: 3, maxLength: 6 });
    const piece = fc.oneof(
      fc.string({ unit: letters, maxLength: 8 }).map(bytesOf),
      fc.uint8Array({ maxLength: 8 }),
      fc.constant(null),
    );
    const cases = fc.record({
      key: keys,
      pieces: fc.array(piece, { maxLength: 12 }),
      form: fc.nat({ max: 2 }),
      cuts: fc.array(fc.nat({ max: 200 }), { maxLength: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ key, pieces, form, cuts }) => {
        const forms = [key, encodeURIComponent(key), JSON.stringify(key).slice(1, -1)];
        const bytes = Buffer.concat(pieces.map((part) => part ?? bytesOf(forms[form] ?? key)));
        const out = Buffer.from(await streamed(key, cutAt(new Uint8Array(bytes), cuts)));
        expect(out.length).toBe(bytes.length);
        for (const spelled of forms) expect(out.includes(spelled, 0, 'latin1')).toBe(false);

        const inKey = new Set<number>();
        for (const spelled of forms) {
          for (
            let at = bytes.indexOf(spelled, 0, 'latin1');
            at !== -1;
            at = bytes.indexOf(spelled, at + 1, 'latin1')
          ) {
            for (let i = at; i < at + spelled.length; i += 1) inKey.add(i);
          }
        }
        for (const [i, byte] of out.entries()) {
          if (byte !== bytes[i]) expect([byte, inKey.has(i)]).toEqual(['*'.charCodeAt(0), true]);
        }
      }),
      runs(400),
    );
  });
});
