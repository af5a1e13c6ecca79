/**
 * Keeps the key, and in PostHog's own words the host too, out of everything that PostHog echoes. One pattern finds a
 * secret in every spelling that a JSON reader or a URL decoder reads as the secret; texts and streams share it.
 */
import { joinBytes } from '../core/bytes.ts';
import { lazily } from '../core/lazily.ts';
import type { ChunkReader } from './chunks.ts';

const MASK = '[redacted]';
const MASK_BYTES = new TextEncoder().encode(MASK);

/** Replaces every occurrence of the secrets in a text. Returns the same string where there are none. */
export type Scrub = (text: string) => string;

/** What is taken out of where: the key from everything, the host from PostHog's own words too. */
export interface Scrubs {
  readonly key: Scrub;
  readonly words: Scrub;
  /** Takes the key out of a body in pieces. */
  readonly chunks: (chunks: ChunkReader) => ChunkReader;
}

/** The scrubs for a PostHog at `origin`, asked with `key`. */
export const scrubsOf = ({ origin, key }: { readonly origin: string; readonly key: string }): Scrubs => ({
  key: scrubberOf(key),
  words: scrubberOf(key, new URL(origin).host),
  chunks: chunkScrubberOf(key),
});

export function scrubberOf(...secrets: readonly string[]): Scrub {
  const pattern = lazily(() => patternOf(secrets));
  return (text) => text.replaceAll(pattern(), MASK);
}

/** A URL inside a URL is encoded twice, and a third time where that one is an argument again. */
const ENCODED_AGAIN_MAX = 2;

const hexOf = (char: string): string => char.charCodeAt(0).toString(16).padStart(2, '0');
const literal = (char: string): string => `\\x${hexOf(char)}`;
const anyCase = (char: string): string => `[${char.toLowerCase()}${char.toUpperCase()}]`;
/** The character as JSON's `\u` escape. */
const unicodeEscape = (char: string): string => String.raw`\\u00${Array.from(hexOf(char), anyCase).join('')}`;
const oneOf = (...forms: readonly string[]): string => `(?:${forms.join('|')})`;

/** A character of a percent escape, which JSON may spell with an escape of its own. */
const spelt = (char: string): string => oneOf(literal(char), unicodeEscape(char));
const speltHex = (digit: string): string =>
  oneOf(...new Set([digit.toLowerCase(), digit.toUpperCase()].map(spelt)));
const percentEscape = (char: string): string =>
  `${spelt('%')}(?:${spelt('2')}${spelt('5')}){0,${ENCODED_AGAIN_MAX}}${Array.from(hexOf(char), speltHex).join('')}`;

/** Bytes of the longest spelling of one character. */
const CHAR_BYTES_MAX = 6 * (3 + 2 * ENCODED_AGAIN_MAX);

/** A backslash behind an odd number of backslashes ends an escape and begins none. */
const beginning = (escapes: string): string => String.raw`(?=${escapes})(?<=(?<!\\)(?:\\\\)*)${escapes}`;

function spellings(char: string, first: boolean): string {
  const short = /["\\/]/.test(char) ? [String.raw`\\${literal(char)}`] : [];
  const escapes = oneOf(unicodeEscape(char), ...short);
  return oneOf(percentEscape(char), first ? beginning(escapes) : escapes, literal(char));
}

const patternOf = (secrets: readonly string[]): RegExp =>
  new RegExp(
    secrets.map((secret) => Array.from(secret, (char, i) => spellings(char, i === 0)).join('')).join('|'),
    'g',
  );

/** The same for a body in pieces, wherever it is cut. Holds back what could be the beginning of a secret. */
export function chunkScrubberOf(...secrets: readonly string[]): (chunks: ChunkReader) => ChunkReader {
  const pattern = lazily(() => patternOf(secrets));
  const mayHold = detectorOf(secrets);
  const heldMax = CHAR_BYTES_MAX * Math.max(...secrets.map((secret) => secret.length)) - 1;
  const beginnings = secrets.map((secret) => new TextEncoder().encode(secret));
  /** Bytes at the end that could be the beginning of a secret. Where something is escaped there, more than can be told. */
  const heldOf = (bytes: Uint8Array): number => {
    const end = bytes.subarray(Math.max(0, bytes.length - heldMax));
    return end.includes(PERCENT) || end.includes(BACKSLASH)
      ? heldMax
      : Math.max(...beginnings.map((secret) => bytesBegun(secret, end)));
  };

  const spansOf = (bytes: Uint8Array, escaped: boolean): readonly Span[] =>
    mayHold(bytes) ? spansIn(pattern(), bytes, escaped) : NOWHERE;

  return (chunks) => {
    let held: Uint8Array = NOTHING;
    /** Whether the bytes in front of `held` end with an odd number of backslashes. */
    let escaped = false;
    let ended = false;

    const clean = (bytes: Uint8Array): Uint8Array => {
      const spans = spansOf(bytes, escaped);
      const free = Math.max(0, bytes.length - (ended ? 0 : heldOf(bytes)));
      const settled = Math.max(free, spans.at(-1)?.end ?? 0);
      held = bytes.slice(settled);
      escaped = endsEscaped(bytes.subarray(0, settled), escaped);
      return masked(bytes.subarray(0, settled), spans);
    };

    return {
      whole: chunks.whole,
      async read() {
        if (chunks.whole) {
          const bytes = await chunks.read();
          return bytes === null ? null : masked(bytes, spansOf(bytes, false));
        }
        while (!ended) {
          const chunk = await chunks.read();
          ended = chunk === null;
          const out = clean(joinBytes([held, chunk ?? NOTHING]));
          if (out.length > 0) return out;
        }
        return null;
      },
      cancel: () => chunks.cancel(),
    };
  };
}

const NOTHING = new Uint8Array(0);

interface Span {
  readonly start: number;
  readonly end: number;
}

const NOWHERE: readonly Span[] = [];

/** The bytes with a mask in the place of each span; the same where there is none. */
function masked(bytes: Uint8Array, spans: readonly Span[]): Uint8Array {
  if (spans.length === 0) return bytes;
  const starts = [0, ...spans.map(({ end }) => end)];
  const ends = [...spans.map(({ start }) => start), bytes.length];
  return joinBytes(
    starts.flatMap((start, i) => [i === 0 ? NOTHING : MASK_BYTES, bytes.subarray(start, ends[i])]),
  );
}

/** Secrets are ASCII, so a decoder that makes one character of each byte finds them at the right places. */
const BYTES_AS_TEXT = new TextDecoder('latin1');

function spansIn(pattern: RegExp, bytes: Uint8Array, escaped: boolean): Span[] {
  const before = escaped ? '\\' : '';
  const text = before + BYTES_AS_TEXT.decode(bytes);
  return Array.from(text.matchAll(pattern), ({ index, 0: found }) => {
    const start = index - before.length;
    return { start, end: start + found.length };
  });
}

/** Bytes of the longest beginning of the secret that these bytes end with, less than all of it. */
function bytesBegun(secret: Uint8Array, bytes: Uint8Array): number {
  for (let begun = Math.min(secret.length - 1, bytes.length); begun > 0; begun -= 1) {
    const from = bytes.length - begun;
    let same = 0;
    while (same < begun && bytes[from + same] === secret[same]) same += 1;
    if (same === begun) return begun;
  }
  return 0;
}

function endsEscaped(bytes: Uint8Array, escapedBefore: boolean): boolean {
  let start = bytes.length;
  while (start > 0 && bytes[start - 1] === BACKSLASH) start -= 1;
  const odd = (bytes.length - start) % 2 === 1;
  return start === 0 ? odd !== escapedBefore : odd;
}

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const SMALL_U = 0x75;
const ZERO = 0x30;

/**
 * Most chunks hold no secret. Says so for nearly all of them, and never of one that does, at a tenth of the cost of the
 * pattern: a secret is either there as it is, or one of its characters is escaped.
 */
function detectorOf(secrets: readonly string[]): (bytes: Uint8Array) => boolean {
  const codes = codesOf(`%${secrets.join('')}`);
  // The digits of a percent escape may be escaped too.
  const escapedCodes = codesOf(`0123456789abcdefABCDEF%${secrets.join('')}`);
  const plain = secrets.map((secret) => finderOf(new TextEncoder().encode(secret)));
  return (bytes) =>
    plain.some((isIn) => isIn(bytes)) ||
    someAt(bytes, PERCENT, (at) => codes.has(hexAt(bytes, at + 1))) ||
    someAt(bytes, BACKSLASH, (at) =>
      bytes[at + 1] === SMALL_U
        ? bytes[at + 2] === ZERO && bytes[at + 3] === ZERO && escapedCodes.has(hexAt(bytes, at + 4))
        : SHORT_ESCAPES.has(bytes[at + 1] ?? 0) && codes.has(bytes[at + 1] ?? 0),
    );
}

/** Is one of the places where the byte stands a suspect? */
function someAt(bytes: Uint8Array, byte: number, isSuspect: (at: number) => boolean): boolean {
  for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) {
    if (isSuspect(at)) return true;
  }
  return false;
}

const codesOf = (text: string): ReadonlySet<number> =>
  new Set(Array.from(text, (char) => char.charCodeAt(0)));
const SHORT_ESCAPES = codesOf('"\\/');

const hexAt = (bytes: Uint8Array, at: number): number => hexDigit(bytes[at]) * 16 + hexDigit(bytes[at + 1]);

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN;
  if (byte <= 0x39) return byte - ZERO;
  return (byte | 0x20) - 0x57;
}

/** Boyer, Moore and Horspool: looks at every fourth byte or so where the secret is not. */
function finderOf(secret: Uint8Array): (bytes: Uint8Array) => boolean {
  const last = secret.length - 1;
  const shifts = new Uint16Array(256).fill(secret.length);
  secret.subarray(0, last).forEach((byte, i) => {
    shifts[byte] = last - i;
  });
  return (bytes) => {
    for (let end = last; end < bytes.length; end += shifts[bytes[end] ?? 0] ?? 1) {
      let back = 0;
      while (back <= last && bytes[end - back] === secret[last - back]) back += 1;
      if (back > last) return true;
    }
    return false;
  };
}
