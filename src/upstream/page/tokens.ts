/**
 * Reads a page token by token. Each reader is a generator that stands still where the bytes run out and goes on once
 * the next chunk is in the window, so that the grammar of a page can be written down as if the page were there.
 */
import { parseJson, type Json } from '../../core/json.ts';
import { endOfString, ObjectScanner, ROW_BYTES_MAX } from './scanner.ts';
import { ENVELOPE_BYTES_MAX, PageFlaw, type ByteWindow } from './window.ts';

/** Yields where it needs another chunk, or word that none will come. Throws a `PageFlaw` on anything unexpected. */
export type Reading<T> = Generator<undefined, T, undefined>;

export const CHAR = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openList: 0x5b,
  closeList: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

const isBehindScalar = (byte: number | undefined): boolean =>
  byte === CHAR.comma || byte === CHAR.closeObject || byte === CHAR.closeList || isSpace(byte);

function* more(window: ByteWindow): Reading<void> {
  if (window.ended) throw new PageFlaw('breaks off');
  yield;
}

function skipSpace(window: ByteWindow): void {
  while (isSpace(window.bytes[window.at])) window.at += 1;
  window.mark();
}

/** The next byte that is no white space; reading stays in front of it. */
export function* peek(window: ByteWindow): Reading<number> {
  for (;;) {
    skipSpace(window);
    const byte = window.bytes[window.at];
    if (byte !== undefined) return byte;
    yield* more(window);
  }
}

/** The next byte that is no white space; reading goes on behind it. */
export function* take(window: ByteWindow): Reading<number> {
  const byte = yield* peek(window);
  window.at += 1;
  window.mark();
  return byte;
}

export function* expect(window: ByteWindow, byte: number): Reading<void> {
  if ((yield* take(window)) !== byte) throw new PageFlaw('is not the JSON of a page');
}

/** White space to the end of the page. */
export function* nothingMore(window: ByteWindow): Reading<void> {
  for (;;) {
    skipSpace(window);
    if (window.at < window.bytes.length) throw new PageFlaw('goes on behind its end');
    if (window.ended) return;
    yield;
  }
}

/** A value of the envelope as it is written, and what it means. */
export interface Scalar {
  readonly literal: string;
  readonly value: Json;
}

/** A string, number, `true`, `false` or `null`. */
export function* readScalar(window: ByteWindow): Reading<Scalar> {
  const first = yield* peek(window);
  if (first === CHAR.openList || first === CHAR.openObject) {
    throw new PageFlaw('has a list or an object that is unknown');
  }
  if (first === CHAR.quote) window.at += 1;
  const endOf = first === CHAR.quote ? endOfString : endOfWord;
  for (;;) {
    const end = endOf(window.bytes, window.at);
    window.at = end === -1 ? window.bytes.length : end;
    if (window.at - window.from > ENVELOPE_BYTES_MAX) throw new PageFlaw('has an envelope that is too large');
    if (end !== -1) break;
    yield* more(window);
  }
  const literal = window.envelopeText();
  const value = parseJson(literal);
  if (value === undefined) throw new PageFlaw('is not the JSON of a page');
  return { literal, value };
}

/** The position of the first byte that is no part of a number or word, or -1. */
function endOfWord(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) if (isBehindScalar(bytes[at])) return at;
  return -1;
}

/** The bytes of the row that begins here, and how many members it has as written. Its JSON is not looked at yet. */
export function* readRow(window: ByteWindow): Reading<{ bytes: Uint8Array; members: number }> {
  if ((yield* peek(window)) !== CHAR.openObject) throw new PageFlaw('has a row that is no object');
  const scanner = new ObjectScanner();
  for (;;) {
    const end = scanner.scan(window.bytes, window.at);
    window.at = end === -1 ? window.bytes.length : end;
    if (window.at - window.from > ROW_BYTES_MAX) throw new PageFlaw('has a row that is too large');
    if (end !== -1) return { bytes: window.token(), members: scanner.members };
    yield* more(window);
  }
}

/** An object: `each` reads the value of every member. A name that stands twice is a flaw: readers disagree on it. */
export function* readMembers(
  window: ByteWindow,
  each: (name: string, literal: string) => Reading<void>,
): Reading<void> {
  yield* expect(window, CHAR.openObject);
  if ((yield* peek(window)) === CHAR.closeObject) return yield* expect(window, CHAR.closeObject);
  const names = new Set<string>();
  for (let next: number = CHAR.comma; next !== CHAR.closeObject; next = yield* take(window)) {
    if (next !== CHAR.comma) throw new PageFlaw('is not the JSON of a page');
    const { literal, value: name } = yield* readScalar(window);
    if (typeof name !== 'string') throw new PageFlaw('is not the JSON of a page');
    if (names.has(name)) throw new PageFlaw('names a member twice');
    names.add(name);
    yield* expect(window, CHAR.colon);
    yield* each(name, literal);
  }
}

/** A list: `each` reads every element. */
export function* readElements(window: ByteWindow, each: () => Reading<void>): Reading<void> {
  yield* expect(window, CHAR.openList);
  if ((yield* peek(window)) === CHAR.closeList) return yield* expect(window, CHAR.closeList);
  for (let next: number = CHAR.comma; next !== CHAR.closeList; next = yield* take(window)) {
    if (next !== CHAR.comma) throw new PageFlaw('is not the JSON of a page');
    yield* each();
  }
}
