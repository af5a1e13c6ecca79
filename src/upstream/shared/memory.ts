/** Remembers answers in a bounded number of bytes. Those used longest ago are forgotten first. Decides nothing else. */
import type { SharedAnswer } from '../../core/shield/shared-answer.ts';

export interface Remembered {
  readonly answer: SharedAnswer;
  /** When PostHog gave it, by the clock of this memory. */
  readonly givenMs: number;
  readonly epoch: string;
}

/** What an entry takes beside its bytes and its question. */
const ENTRY_BYTES = 200;

export class AnswerMemory {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, Remembered>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The bytes that all entries take together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An answer of this epoch that is at most so old; a clock that was set back makes none young. */
  find(question: string, epoch: string, ageMsMax: number, nowMs: number): Remembered | null {
    const known = this.#entries.get(question);
    if (known === undefined) return null;
    const ageMs = nowMs - known.givenMs;
    if (known.epoch !== epoch || ageMs < 0) {
      this.#drop(question, known);
      return null;
    }
    if (ageMs >= ageMsMax) return null;
    this.#entries.delete(question);
    this.#entries.set(question, known);
    return known;
  }

  add(question: string, remembered: Remembered): void {
    const before = this.#entries.get(question);
    // Of two reads of one epoch the older may end last.
    if (before?.epoch === remembered.epoch && before.givenMs > remembered.givenMs) return;
    if (before !== undefined) this.#drop(question, before);
    this.#entries.set(question, remembered);
    this.#bytes += bytesOf(question, remembered);
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#drop(oldest, entry);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(question: string, entry: Remembered): void {
    if (this.#entries.delete(question)) this.#bytes -= bytesOf(question, entry);
  }
}

/** A character of a question takes up to two bytes. */
const bytesOf = (question: string, { answer }: Remembered): number =>
  ENTRY_BYTES + 2 * question.length + answer.bytes.byteLength;
