/** The bytes of a page that are in memory: the chunk that arrived last, and before it what a token had begun with. */
import { Aside, SPARE_BYTES } from './aside.ts';

/**
 * What is wrong with a page. Messages name the rule that was broken and never what PostHog sent: they reach logs, and
 * the bytes that broke the rule may be a person's data.
 */
export class PageFlaw extends Error {
  override readonly name: string = 'PageFlaw';
}

/** The page ends before its JSON does. */
export class PageCut extends PageFlaw {
  override readonly name = 'PageCut';
  constructor() {
    super('breaks off');
  }
}

/**
 * Bytes of a token of the envelope, of all of them together, and of everything in front of the rows. PostHog's are
 * links and counts: two kilobytes where the query is long.
 */
export const ENVELOPE_BYTES_MAX = 65_536;

/** A window on a stream of bytes. Reading moves `at`; what lies before `from` is let go when the next chunk comes. */
export class ByteWindow {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where reading stands. */
  at = 0;
  /** Where the token begins that is being read. */
  from = 0;
  /** No chunk will follow. */
  ended = false;
  /** Bytes that have arrived so far. */
  arrived = 0;
  #envelopeBytes = 0;
  /** Memory of our own behind `bytes`; `null` while they are the chunk itself. */
  #own: Uint8Array | null = null;
  /** What the token begins with, in front of `bytes`. */
  readonly #aside = new Aside();
  #puttingAside = false;

  /** Bytes of memory in use. */
  get held(): number {
    return this.#aside.held + (this.#own?.length ?? this.bytes.length);
  }

  /** Bytes of the token as far as it has been read. */
  get tokenBytes(): number {
    return this.#aside.length + this.at - this.from;
  }

  append(chunk: Uint8Array): void {
    this.arrived += chunk.length;
    if (this.#puttingAside) {
      this.#aside.put(this.bytes.subarray(this.from));
      this.from = this.bytes.length;
      this.#puttingAside = false;
    }
    const begun = this.bytes.length - this.from;
    if (begun === 0) {
      this.#own = null;
      this.bytes = chunk;
      this.at = 0;
      this.from = 0;
      return;
    }
    let own = this.#own;
    if (own === null || own.length - this.bytes.length < chunk.length) {
      own = new Uint8Array(begun + Math.max(chunk.length, SPARE_BYTES));
      own.set(this.bytes.subarray(this.from));
      this.at -= this.from;
      this.from = 0;
      this.bytes = own.subarray(0, begun);
    }
    own.set(chunk, this.bytes.length);
    this.bytes = own.subarray(0, this.bytes.length + chunk.length);
    this.#own = own;
  }

  /** Begins a token here. */
  mark(): void {
    this.from = this.at;
  }

  /** The next chunk will stand by itself: nothing but the token's length is asked for before it is whole again. */
  putAside(): void {
    this.#puttingAside = true;
  }

  /** Makes the token whole again, in front of what is behind it. */
  rejoin(): void {
    const { length } = this.#aside;
    if (length === 0) return;
    this.#own = null;
    this.bytes = this.#aside.joinedWith(this.bytes);
    this.at += length;
  }

  /** Lets go of the token so far. */
  drop(): void {
    this.#aside.drop();
    this.mark();
  }

  /** Lets go of the token but for its first byte, which nobody may have seen: it moves to the end of the token. */
  keepFirst(): void {
    this.bytes[this.at - 1] = this.bytes[this.from] ?? 0;
    this.from = this.at - 1;
  }

  /** The token that ends here. A view: good until the next chunk comes. */
  token(): Uint8Array {
    return this.bytes.subarray(this.from, this.at);
  }

  /** Text of a token of the envelope. @throws {PageFlaw} when all of them together are too many bytes, or no UTF-8. */
  envelopeText(): string {
    this.#envelopeBytes += this.at - this.from;
    if (this.#envelopeBytes > ENVELOPE_BYTES_MAX) throw new PageFlaw('has an envelope that is too large');
    return textOf(this.token());
  }
}

/** Keeps a byte order mark, which is not JSON, instead of overlooking it. */
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws {PageFlaw} when the bytes are no UTF-8. */
export function textOf(bytes: Uint8Array): string {
  const text = decoded(bytes);
  if (text === null) throw new PageFlaw('is not UTF-8');
  return text;
}

/** `null` when the bytes are no UTF-8. */
export function decoded(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}
