/** Bytes of a long token that are put aside, chunk by chunk, until its end has come. */

/** Bytes of room for chunks that are small. Without it, a row that comes in tiny chunks would be as many arrays. */
export const SPARE_BYTES = 16_384;

const NO_ROOM = new Uint8Array(0);

/** A byte is copied three times at most, the joining among them, however many chunks there are. */
export class Aside {
  readonly #parts: Uint8Array[] = [];
  /** What comes behind the parts, in the first bytes of memory that has room for more. */
  #room = NO_ROOM;
  #used = 0;
  /** Bytes of the parts. */
  #closed = 0;

  /** Bytes put aside. */
  get length(): number {
    return this.#closed + this.#used;
  }

  /** Bytes of memory in use. */
  get held(): number {
    return this.#closed + this.#room.length;
  }

  /** Keeps what is all of its memory as it is, and copies all else: a part of a chunk would hold the rest of it. */
  put(bytes: Uint8Array): void {
    if (bytes.length >= SPARE_BYTES && bytes.length === bytes.buffer.byteLength) {
      if (this.#used > 0) this.#close(this.#room.slice(0, this.#used));
      this.#close(bytes);
      return;
    }
    const fitting = bytes.subarray(0, this.#room.length - this.#used);
    this.#room.set(fitting, this.#used);
    this.#used += fitting.length;
    const others = bytes.subarray(fitting.length);
    if (others.length === 0) return;
    // Most rows end in the chunk behind the first: there is no need of more room yet.
    const spare = this.length === 0 ? 0 : SPARE_BYTES;
    if (this.#used > 0) this.#close(this.#room);
    this.#room = new Uint8Array(Math.max(others.length, spare));
    this.#room.set(others);
    this.#used = others.length;
  }

  #close(part: Uint8Array): void {
    this.#parts.push(part);
    this.#closed += part.length;
    this.#room = NO_ROOM;
    this.#used = 0;
  }

  /** All of it, and these bytes behind it. Nothing is aside any more. */
  joinedWith(bytes: Uint8Array): Uint8Array {
    const joined = new Uint8Array(this.length + bytes.length);
    let at = 0;
    for (const part of [...this.#parts, this.#room.subarray(0, this.#used), bytes]) {
      joined.set(part, at);
      at += part.length;
    }
    this.drop();
    return joined;
  }

  drop(): void {
    this.#parts.length = 0;
    this.#closed = 0;
    this.#room = NO_ROOM;
    this.#used = 0;
  }
}
