/**
 * Finds where the object that begins a row ends, without knowing yet whether it is JSON: only brackets and strings are
 * looked at. That is enough, for whoever parses the bytes it finds as one object proves that they end where it does.
 */
import { isJsonObject, type Json } from '../../core/json.ts';
import { PageFlaw } from './window.ts';

/**
 * A row is about 2 KB. One with a thousand distinct ids, which is where PostHog stops listing them, and properties by
 * the hundred kilobytes fits; more would let a single row fill an isolate that answers many at once.
 */
export const ROW_BYTES_MAX = 1_048_576;

/** What walks through a row is recursive. Properties are flat; events nest a few levels. */
export const ROW_DEPTH_MAX = 200;

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** All brackets are here or above, and few other bytes outside strings. */
const FIRST_BRACKET = 0x5b;
/** Square brackets and curly ones differ in this bit only. */
const SQUARE_TO_CURLY = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** One walk through one object, over as many windows as it takes. */
export class ObjectScanner {
  /** Members of the object and of all objects in it, as they are written. */
  members = 0;
  #depth = 0;
  #inString = false;

  /**
   * The position behind the object, or -1 where it goes on behind these bytes; the next call then begins at their end.
   * @throws {PageFlaw} when it is nested too deeply.
   */
  scan(bytes: Uint8Array, from: number): number {
    let at = from;
    if (this.#inString) {
      at = this.#skipString(bytes, at);
      if (at === -1) return -1;
    }
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        at = this.#skipString(bytes, at + 1);
        if (at === -1) return -1;
        at -= 1;
      } else if (byte === COLON) {
        this.members += 1;
      } else if (byte >= FIRST_BRACKET) {
        const bracket = byte | SQUARE_TO_CURLY;
        if (bracket === OPENING) {
          this.#depth += 1;
          if (this.#depth > ROW_DEPTH_MAX) throw new PageFlaw('has a row that is nested too deeply');
        } else if (bracket === CLOSING) {
          this.#depth -= 1;
          if (this.#depth === 0) return at + 1;
        }
      }
    }
    return -1;
  }

  #skipString(bytes: Uint8Array, from: number): number {
    const end = endOfString(bytes, from);
    this.#inString = end === -1;
    return end;
  }
}

/**
 * The position behind the quote that closes a string, or -1 where it is not among these bytes; the next search may then
 * begin at their end. `from` is behind the opening quote, which is still there: a quote behind an odd number of
 * backslashes closes nothing, and those are counted backwards.
 */
export function endOfString(bytes: Uint8Array, from: number): number {
  for (let quote = indexOfQuote(bytes, from); quote !== -1; quote = indexOfQuote(bytes, quote + 1)) {
    let start = quote;
    while (bytes[start - 1] === BACKSLASH) start -= 1;
    if ((quote - start) % 2 === 0) return quote + 1;
  }
  return -1;
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
    for (const name of Object.keys(value)) members += 1 + countMembers(value[name] ?? null);
  } else {
    for (const item of value) members += countMembers(item);
  }
  return members;
}
