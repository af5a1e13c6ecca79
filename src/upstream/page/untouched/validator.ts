/**
 * Says of bytes whether they are JSON, without making anything of them: a page that nobody looks into needs no more,
 * and leaves no objects to be collected.
 */
import { ROW_BYTES_MAX } from '../tokens.ts';

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const ONE = 0x31;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const SMALL_E = 0x65;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Capital and small letters differ in this bit only. */
const BIT_20 = 0x20;

/** One bit of a number for each list or object that is open. */
const DEPTH_OF_NUMBER = 30;

/** Is not JSON, or does not end among these bytes. */
const NO = -1;

/** What a byte of a string is: it stands for itself, ends the string, or has to be looked at. */
const PLAIN = 0;
const END = 1;
const OTHER = 2;
const IN_STRING = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === QUOTE) return END;
  return byte >= 0x20 && byte < 0x80 && byte !== BACKSLASH ? PLAIN : OTHER;
});
const HEX = tableOf((byte) => /[0-9a-f]/i.test(String.fromCharCode(byte)));
/** What may stand behind a backslash, but for `u`. */
const ESCAPE = tableOf((byte) => '"\\/bfnrt'.includes(String.fromCharCode(byte)));

const [TRUE, FALSE, NULL] = [wordOf('true'), wordOf('false'), wordOf('null')];

function wordOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function tableOf(holds: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (holds(byte) ? 1 : 0));
}

/** Whether the bytes are one object or list, with nothing around it. */
export const isJson = (bytes: Uint8Array): boolean => endOfJson(bytes, 0) === bytes.length;

/** The position behind the object or list that begins here, or -1. */
export function endOfJson(bytes: Uint8Array, from: number): number {
  /** The innermost is the lowest bit: 1 for an object, 0 for a list. */
  let open = 0;
  /** What is further out, where one number has no room for all. */
  const outer: number[] = [];
  let depth = 0;
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (depth > 0 && depth % DEPTH_OF_NUMBER === 0) {
        outer.push(open);
        open = 0;
      }
      depth += 1;
      open = (open << 1) | (byte === OPEN_OBJECT ? 1 : 0);
      at = behindSpace(bytes, at + 1);
      if (bytes[at] !== byte + 2) {
        if (byte === OPEN_OBJECT) at = endOfName(bytes, at);
        if (at === NO) return NO;
        continue;
      }
    } else {
      at = depth === 0 ? NO : endOfScalar(bytes, at);
      if (at === NO) return NO;
      at = behindSpace(bytes, at);
    }
    // Behind a value: as many lists and objects end here as do.
    let next = bytes[at];
    while (next === (open % 2 === 1 ? CLOSE_OBJECT : CLOSE_LIST)) {
      open >>= 1;
      depth -= 1;
      if (depth === 0) return at + 1;
      if (depth % DEPTH_OF_NUMBER === 0) open = outer.pop() ?? 0;
      at = behindSpace(bytes, at + 1);
      next = bytes[at];
    }
    if (next !== COMMA) return NO;
    at = behindSpace(bytes, at + 1);
    if (open % 2 === 1) at = endOfName(bytes, at);
    if (at === NO) return NO;
  }
}

/**
 * The position behind the last of the rows, with commas between them, that end among these bytes; `from` where none
 * does. Behind it is one that is cut, is no JSON or is too large, or there is none.
 */
export function endOfObjects(bytes: Uint8Array, from: number): number {
  let end = from;
  for (let at = from; bytes[at] === OPEN_OBJECT;) {
    const behind = endOfJson(bytes, at);
    if (behind === NO || behind - at > ROW_BYTES_MAX) return end;
    end = behind;
    at = behindSpace(bytes, behind);
    if (bytes[at] !== COMMA) return end;
    at = behindSpace(bytes, at + 1);
  }
  return end;
}

const isSpace = (byte: number): boolean =>
  byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

/** The position of the first byte that is no white space: `from` in nearly all cases. */
export const behindSpace = (bytes: Uint8Array, from: number): number =>
  (bytes[from] ?? 0) > 0x20 ? from : behindSpaces(bytes, from);

function behindSpaces(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at] ?? 0)) at += 1;
  return at;
}

/** Behind the name of a member, its colon and white space: where its value begins. */
function endOfName(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== QUOTE) return NO;
  const end = endOfString(bytes, from + 1);
  if (end === NO) return NO;
  const colon = behindSpace(bytes, end);
  return bytes[colon] === COLON ? behindSpace(bytes, colon + 1) : NO;
}

/** The position behind the value that begins here, or -1. */
export const endOfValue = (bytes: Uint8Array, from: number): number =>
  bytes[from] === OPEN_OBJECT || bytes[from] === OPEN_LIST
    ? endOfJson(bytes, from)
    : endOfScalar(bytes, from);

function endOfScalar(bytes: Uint8Array, from: number): number {
  const first = bytes[from] ?? 0;
  if (first === QUOTE) return endOfString(bytes, from + 1);
  if (first === MINUS || isDigit(first)) return endOfNumber(bytes, from);
  const word = first === TRUE[0] ? TRUE : first === FALSE[0] ? FALSE : NULL;
  for (let i = 0; i < word.length; i += 1) if (bytes[from + i] !== word[i]) return NO;
  return from + word.length;
}

/** From behind the quote that opens a string to behind the one that closes it, or -1. */
export function endOfString(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  let at = from;
  while (at < length) {
    const kind = IN_STRING[bytes[at] ?? 0];
    if (kind === PLAIN) {
      at += 1;
    } else if (kind === END) {
      return at + 1;
    } else {
      at = bytes[at] === BACKSLASH ? endOfEscape(bytes, at + 1) : endOfCharacter(bytes, at);
      if (at === NO) return NO;
    }
  }
  return NO;
}

function endOfEscape(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] ?? 0;
  if (byte !== SMALL_U) return ESCAPE[byte] === 1 ? at + 1 : NO;
  for (let digit = at + 1; digit < at + 5; digit += 1) if (HEX[bytes[digit] ?? 0] !== 1) return NO;
  return at + 5;
}

/** A character of more than one byte, in the one way in which UTF-8 may write it (RFC 3629 §4). */
function endOfCharacter(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0) return NO;
  const second = bytes[at + 1] ?? 0;
  const min = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const max = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < min || second > max) return NO;
  for (let next = at + 2; next < at + length; next += 1) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return NO;
  return at + length;
}

function endOfNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  const first = bytes[at] ?? 0;
  if (first === ZERO) at += 1;
  else if (first >= ONE && first <= NINE) at = endOfDigits(bytes, at);
  else return NO;
  if (bytes[at] === POINT) at = endOfDigits(bytes, at + 1);
  if (at === NO || ((bytes[at] ?? 0) | BIT_20) !== SMALL_E) return at;
  const sign = bytes[at + 1];
  return endOfDigits(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
}

/** One digit or more. */
function endOfDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && isDigit(bytes[at] ?? 0)) at += 1;
  return at === from ? NO : at;
}
