/** The reads that an isolate is asking just now, so that others of its requests can wait for the same answers. */
import { LIMITS } from '../../core/limits.ts';
import type { Abandonment, SharedAnswer } from '../../core/shield/shared-answer.ts';

/** What one who asked gives to those who wait. */
export type Given =
  | {
      readonly kind: 'answer';
      readonly answer: SharedAnswer;
      /** How old it is; null where PostHog was asked just now. */
      readonly ageMs: number | null;
    }
  | { readonly kind: 'none'; readonly why: Abandonment };

/** A read that somebody is asking. */
export interface UnderWay {
  /** The epoch of the project that was known before PostHog was asked; null where none was. */
  readonly epoch: string | null;
  readonly given: Promise<Given>;
}

/** The part of the one who asks. */
export interface Leading {
  /** Does another request wait for the answer, or may it do so by now? */
  readonly isAwaited: () => boolean;
  /** Ends the read for those who wait. Has to be called. */
  readonly give: (given: Given) => void;
}

interface Entry extends UnderWay {
  readonly sinceMs: number;
  isAwaited: boolean;
}

export class ReadsUnderWay {
  /** The newest of each question. */
  readonly #newest = new Map<string, Entry>();

  /**
   * The newest read of this question, which from now on keeps its answer for others; null where nobody asks, or for longer than
   * a read waits: the runtime may have ended the request that asks, and nobody is told of that.
   */
  join(question: string, nowMs: number): UnderWay | null {
    const entry = this.#newest.get(question);
    if (entry === undefined || Math.abs(nowMs - entry.sinceMs) >= LIMITS.sharedAnswerWaitMsMax) return null;
    entry.isAwaited = true;
    return entry;
  }

  /** From now on others wait for what the caller gives them. */
  lead(question: string, epoch: string | null, sinceMs: number): Leading {
    const { promise: given, resolve } = Promise.withResolvers<Given>();
    const entry: Entry = { epoch, given, sinceMs, isAwaited: false };
    this.#newest.set(question, entry);
    return {
      isAwaited: () => entry.isAwaited,
      give: (what) => {
        if (this.#newest.get(question) === entry) this.#newest.delete(question);
        resolve(what);
      },
    };
  }
}

/**
 * Waits for one who asks, `ms` at most. The timer belongs to the request that waits: whatever happens to the one that asks,
 * this one goes on.
 */
export async function patiently<T>(wait: Promise<T>, ms: number, otherwise: T): Promise<T> {
  const { promise: patience, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(() => resolve(otherwise), Math.max(0, ms));
  try {
    return await Promise.race([wait, patience]);
  } finally {
    clearTimeout(timer);
  }
}
