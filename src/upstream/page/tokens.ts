/**
 * Reads a page token by token. Each reader is a generator that stands still where the bytes run out and goes on once
 * the next chunk is in the window, so that the grammar of a page can be written down as if the page were there.
 */
import { parseJson, type Json } from '../../core/json.ts';
import { endOfString, ValueScanner } from './scanner.ts';
import { ENVELOPE_BYTES_MAX, PageCut, PageFlaw, textOf, type ByteWindow } from './window.ts';

/**
 * A row is about 2 KB. One with as many properties as PostHog keeps of a person, which is 640 KB, and the thousand
 * distinct ids it lists at most fits; more would let a single row fill an isolate that answers many at once.
 */
export const ROW_BYTES_MAX = 2_097_152;

/** What walks through a row is recursive. Properties are flat; events nest a few levels. */
export const ROW_DEPTH_MAX = 200;

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

/** Another chunk, or word that none will come. */
export function* more(window: ByteWindow): Reading<void> {
  if (window.ended) throw new PageCut();
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

/** A string, number, `true`, `false` or `null` of the envelope. */
export function* readScalar(window: ByteWindow): Reading<Scalar> {
  const first = yield* peek(window);
  if (isLarge(first)) throw new PageFlaw('is not the JSON of a page');
  yield* toEndOfScalar(window, first);
  const literal = window.envelopeText();
  return { literal, value: valueOf(literal) };
}

/** A name of a member. Names of the envelope count towards its size, names that are ids only each by itself. */
function* readName(
  window: ByteWindow,
  names: 'envelope' | 'ids',
): Reading<{ name: string; literal: string }> {
  if ((yield* peek(window)) !== CHAR.quote) throw new PageFlaw('is not the JSON of a page');
  yield* toEndOfScalar(window, CHAR.quote);
  const literal = names === 'envelope' ? window.envelopeText() : textOf(window.token());
  const name = valueOf(literal);
  if (typeof name !== 'string') throw new PageFlaw('is not the JSON of a page');
  return { name, literal };
}

function* toEndOfScalar(window: ByteWindow, first: number): Reading<void> {
  if (first === CHAR.quote) window.at += 1;
  for (;;) {
    const end =
      first === CHAR.quote
        ? endOfString(window.bytes, window.at, window.from + 1)
        : endOfWord(window.bytes, window.at);
    window.at = end === -1 ? window.bytes.length : end;
    if (window.at - window.from > ENVELOPE_BYTES_MAX) throw new PageFlaw('has an envelope that is too large');
    if (end !== -1) return;
    yield* more(window);
  }
}

function valueOf(literal: string): Json {
  const value = parseJson(literal);
  if (value === undefined) throw new PageFlaw('is not the JSON of a page');
  return value;
}

export const isLarge = (byte: number): boolean => byte === CHAR.openList || byte === CHAR.openObject;

/** A value as it is written. Its JSON is not looked at yet, only where it ends. */
export interface WrittenValue {
  /** `null` where it has more bytes than may be kept. A view: good until the next chunk comes. */
  readonly bytes: Uint8Array | null;
  /** What was seen on the way through a list, an object or a string. */
  readonly scanner: ValueScanner | null;
}

/** The value that begins here. Never keeps more than `bytesMax` of it. */
export function* readValue(window: ByteWindow, bytesMax: number): Reading<WrittenValue> {
  const first = yield* peek(window);
  const scanner = isLarge(first) || first === CHAR.quote ? new ValueScanner() : null;
  let kept = true;
  for (;;) {
    const { bytes, at } = window;
    const end = scanner === null ? endOfWord(bytes, at) : scanner.scan(bytes, at);
    window.at = end === -1 ? bytes.length : end;
    if (window.tokenBytes > bytesMax) kept = false;
    // Whole also where it is not kept: what passes it on unread takes it from the window.
    if (end !== -1 || !kept) window.rejoin();
    if (end !== -1) {
      const written = { bytes: kept ? window.token() : null, scanner };
      window.mark();
      return written;
    }
    if (kept) window.putAside();
    else window.mark();
    yield* more(window);
  }
}

export function* skipValue(window: ByteWindow): Reading<void> {
  yield* readValue(window, 0);
}

/** The position of the first byte that is no part of a number or word, or -1. */
function endOfWord(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) if (isBehindScalar(bytes[at])) return at;
  return -1;
}

/** An object of a page as it is written. Its JSON is not looked at yet. */
export interface WrittenRow {
  /** `null` where the row is too large or nested too deeply to be looked at. A view: good until the next chunk comes. */
  readonly bytes: Uint8Array | null;
  /** The row where it is kept, however deep it is. A view, as `bytes` is. */
  readonly kept: Uint8Array | null;
  /** Members of the row and of all objects in it. */
  readonly members: number;
  /** Whether a number may be written another way than a double would be. */
  readonly oddNumbers: boolean;
}

/** The row that begins here. */
export function* readRow(window: ByteWindow, bytesMax: number = ROW_BYTES_MAX): Reading<WrittenRow> {
  if ((yield* peek(window)) !== CHAR.openObject) throw new PageFlaw('has a row that is no object');
  const { bytes, scanner } = yield* readValue(window, bytesMax);
  return {
    bytes: (scanner?.depthMax ?? 0) > ROW_DEPTH_MAX ? null : bytes,
    kept: bytes,
    members: scanner?.members ?? 0,
    oddNumbers: scanner?.oddNumbers ?? false,
  };
}

/** An object: `each` reads the value of every member. A name that stands twice is a flaw: readers disagree on it. */
export function* readMembers(
  window: ByteWindow,
  each: (name: string, literal: string) => Reading<void>,
  namesAre: 'envelope' | 'ids' = 'envelope',
): Reading<void> {
  yield* expect(window, CHAR.openObject);
  if ((yield* peek(window)) === CHAR.closeObject) return yield* expect(window, CHAR.closeObject);
  const names = new Set<string>();
  for (let next: number = CHAR.comma; next !== CHAR.closeObject; next = yield* take(window)) {
    if (next !== CHAR.comma) throw new PageFlaw('is not the JSON of a page');
    const { name, literal } = yield* readName(window, namesAre);
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
