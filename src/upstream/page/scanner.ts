/**
 * Finds where a list or an object ends, without knowing yet whether it is JSON: only brackets and strings are looked
 * at. That is enough for a row, because its bytes are then parsed as one object.
 */
import { isJsonObject, type Json } from '../../core/json.ts';

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SMALL_E = 0x65;

/** All brackets are here or above, and few other bytes outside strings. */
const FIRST_BRACKET = 0x5b;
/** Square brackets and curly ones differ in this bit only; so do capital and small letters. */
const BIT_20 = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** More digits than this may be more than a double holds. */
const PLAIN_DIGITS_MAX = 15;

/** One walk through one list, object or string, over as many windows as it takes. Needs no bytes it has been through. */
export class ValueScanner {
  /** Members of the object and of all objects in it, as they are written. */
  members = 0;
  /** How deep lists and objects are in each other. */
  depthMax = 0;
  /** Whether a number may be written another way than a double would be. */
  oddNumbers = false;
  #depth = 0;
  #inString = false;
  /** The last byte seen was a backslash that begins an escape. */
  #escaping = false;

  /** The position behind the value, or -1 where it goes on behind these bytes; the next call then begins at their end. */
  scan(bytes: Uint8Array, from: number): number {
    let at = from;
    if (this.#inString) {
      at = this.#skipString(bytes, at);
      if (at === -1) return -1;
      if (this.#depth === 0) return at;
    }
    // Counted in variables of the loop, which runs for every byte outside strings, and kept at its end.
    const { length } = bytes;
    let depth = this.#depth;
    let deepest = this.depthMax;
    let colons = 0;
    let end = -1;
    for (; at < length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        at = this.#skipString(bytes, at + 1);
        if (at === -1) break;
        if (depth === 0) {
          end = at;
          break;
        }
        at -= 1;
      } else if (byte === COLON) {
        colons += 1;
      } else if (byte >= FIRST_BRACKET) {
        const bracket = byte | BIT_20;
        if (bracket === OPENING) {
          depth += 1;
          if (depth > deepest) deepest = depth;
        } else if (bracket === CLOSING) {
          depth -= 1;
          if (depth === 0) {
            end = at + 1;
            break;
          }
        }
      } else if (byte >= MINUS && byte <= NINE) {
        at = this.#skipNumber(bytes, at) - 1;
      }
    }
    this.#depth = depth;
    this.depthMax = deepest;
    this.members += colons;
    return end;
  }

  #skipString(bytes: Uint8Array, from: number): number {
    const start = this.#escaping ? from + 1 : from;
    const end = endOfString(bytes, start, start);
    this.#inString = end === -1;
    this.#escaping = end === -1 && backslashesBefore(bytes, bytes.length, start) % 2 === 1;
    return end;
  }

  #skipNumber(bytes: Uint8Array, from: number): number {
    let at = from + 1;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte >= ZERO && byte <= NINE) continue;
      if (byte !== POINT && (byte | BIT_20) !== SMALL_E) break;
      this.oddNumbers = true;
    }
    const minusZero = bytes[from] === MINUS && bytes[from + 1] === ZERO;
    if (minusZero || at - from > PLAIN_DIGITS_MAX || at === bytes.length) this.oddNumbers = true;
    return at;
  }
}

/**
 * The position behind the quote that closes a string, or -1 where it is not among these bytes; the next search may then
 * begin at their end. A quote behind an odd number of backslashes closes nothing; they are counted back to `first`,
 * the first byte of the string that is known to be no second half of an escape.
 */
export function endOfString(bytes: Uint8Array, from: number, first: number): number {
  for (let quote = indexOfQuote(bytes, from); quote !== -1; quote = indexOfQuote(bytes, quote + 1)) {
    if (bytes[quote - 1] !== BACKSLASH || backslashesBefore(bytes, quote, first) % 2 === 0) return quote + 1;
  }
  return -1;
}

function backslashesBefore(bytes: Uint8Array, at: number, first: number): number {
  let start = at;
  while (start > first && bytes[start - 1] === BACKSLASH) start -= 1;
  return at - start;
}

/** Most strings are names and short values, which are walked through faster than a native search has begun. */
const WALKED_BYTES = 64;

function indexOfQuote(bytes: Uint8Array, from: number): number {
  const walked = Math.min(from + WALKED_BYTES, bytes.length);
  for (let at = from; at < walked; at += 1) if (bytes[at] === QUOTE) return at;
  return bytes.indexOf(QUOTE, walked);
}

/**
 * Members of a value and of all objects in it, as they are read. Fewer than are written means that a name stood twice
 * in one object, and then bytes say more than their value does: what was judged is not all that would go out.
 */
export function countMembers(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (isJsonObject(value)) {
    for (const name of Object.keys(value)) {
      const member = value[name];
      members += typeof member === 'object' && member !== null ? 1 + countMembers(member) : 1;
    }
  } else {
    for (const item of value) members += countMembers(item);
  }
  return members;
}
