/** The reads that an isolate is asking just now, so that others of its requests can wait for the same answers. */
import { LIMITS } from '../../core/limits.ts';
import type { Abandonment, SharedAnswer } from '../../core/shield/shared-answer.ts';

/** What one who asked gives to those who wait. */
export type Given =
  | { readonly kind: 'answer'; readonly answer: SharedAnswer; readonly ageMs: number }
  | { readonly kind: 'none'; readonly why: Abandonment };

export class ReadsUnderWay {
  /** By epoch and question. */
  readonly #led = new Map<string, Promise<Given>>();
  readonly #asked = new Map<string, number>();

  /** Is a read of this question under way? */
  has(question: string): boolean {
    return this.#asked.has(question);
  }

  /** Counts a read while it is under way. */
  async during<T>(question: string, work: () => Promise<T>): Promise<T> {
    this.#asked.set(question, (this.#asked.get(question) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#asked.get(question) ?? 1) - 1;
      if (left === 0) this.#asked.delete(question);
      else this.#asked.set(question, left);
    }
  }

  /** From now on others of the epoch wait for what the caller gives them, which has to be something. */
  lead(epoch: string, question: string): (given: Given) => void {
    const key = keyOf(epoch, question);
    const { promise, resolve } = Promise.withResolvers<Given>();
    this.#led.set(key, promise);
    return (given) => {
      if (this.#led.get(key) === promise) this.#led.delete(key);
      resolve(given);
    };
  }

  /** What the one who asks in this epoch will give; null where nobody does. */
  led(epoch: string, question: string): Promise<Given> | null {
    return this.#led.get(keyOf(epoch, question)) ?? null;
  }
}

/**
 * Waits for one who asks, not for ever. The timer belongs to the request that waits: whatever happens to the one that
 * asks, this one goes on.
 */
export async function patiently(led: Promise<Given>): Promise<Given> {
  const { promise: patience, resolve } = Promise.withResolvers<Given>();
  const timer = setTimeout(() => resolve({ kind: 'none', why: 'refused' }), LIMITS.sharedAnswerWaitMsMax);
  try {
    return await Promise.race([led, patience]);
  } finally {
    clearTimeout(timer);
  }
}

const keyOf = (epoch: string, question: string): string => `${epoch} ${question}`;
