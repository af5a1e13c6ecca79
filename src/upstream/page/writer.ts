/** Writes a page: puts the commas in, and collects what one chunk of PostHog's brings into one chunk of ours. */

const ENCODER = new TextEncoder();
const COMMA = 0x2c;
/** Bytes that are made room for at least. */
const ROOM_BYTES_MIN = 4096;
/** What rewriting may add to a chunk, as a part of it. */
const ADDED_PART = 8;
/** Bytes that UTF-8 takes for one unit of a text, at most. */
const UNIT_BYTES_MAX = 3;
/** Units of a text that room is made for unseen. A longer one is encoded by itself first, and takes the bytes it has. */
const UNSEEN_UNITS_MAX = 131_072;

const NOTHING = new Uint8Array(0);

export class PageWriter {
  #bytes: Uint8Array = NOTHING;
  #used = 0;
  #roomBytes = ROOM_BYTES_MIN;
  /** Of each open list or object: whether something stands in it already. */
  readonly #filled: boolean[] = [];

  /** So many bytes of PostHog's are about to be written, or none of them. */
  expect(bytes: number): void {
    this.#roomBytes = Math.max(ROOM_BYTES_MIN, bytes + Math.ceil(bytes / ADDED_PART));
  }

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  open(bracket: '{' | '['): void {
    this.raw(bracket);
    this.#filled.push(false);
  }

  close(bracket: '}' | ']'): void {
    this.raw(bracket);
    this.#filled.pop();
  }

  /** A member or an element, or how it begins. */
  item(text: string): void {
    this.#separate();
    this.raw(text);
  }

  raw(text: string): void {
    if (text === '') return;
    if (text.length > UNSEEN_UNITS_MAX) return this.rawBytes(ENCODER.encode(text));
    this.#makeRoom(text.length * UNIT_BYTES_MAX);
    this.#used += ENCODER.encodeInto(text, this.#bytes.subarray(this.#used)).written;
  }

  rawBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** All that was written since the last time. A little is copied, so that it does not keep all the room in memory. */
  take(): Uint8Array {
    const used = this.#used;
    this.#used = 0;
    if (used < this.#bytes.length / 2) return this.#bytes.slice(0, used);
    const taken = this.#bytes.subarray(0, used);
    this.#bytes = NOTHING;
    return taken;
  }

  #separate(): void {
    const last = this.#filled.length - 1;
    if (this.#filled[last] === true) {
      this.#makeRoom(1);
      this.#bytes[this.#used] = COMMA;
      this.#used += 1;
    }
    if (last >= 0) this.#filled[last] = true;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2, this.#roomBytes));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
  }
}
