/** Writes a page: puts the commas in, and collects what one chunk of PostHog's brings into one chunk of ours. */

const ENCODER = new TextEncoder();
const COMMA = ENCODER.encode(',');

export class PageWriter {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Of each open list or object: whether something stands in it already. */
  readonly #filled: boolean[] = [];

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
    this.itemBytes(ENCODER.encode(text));
  }

  /** An element as it came. The bytes are copied when they are taken, not before. */
  itemBytes(bytes: Uint8Array): void {
    if (this.#filled.at(-1) === true) this.#add(COMMA);
    this.#filled[this.#filled.length - 1] = true;
    this.#add(bytes);
  }

  raw(text: string): void {
    this.#add(ENCODER.encode(text));
  }

  /** Bytes as they came, copied when they are taken. */
  rawBytes(bytes: Uint8Array): void {
    this.#add(bytes);
  }

  /** All that was written since the last time, in memory of its own. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#bytes = 0;
    return bytes;
  }

  #add(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }
}
