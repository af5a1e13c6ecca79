/**
 * The answers of one project: those that are remembered, and those that are being asked for. A state machine without a
 * clock. What it hands out is of one epoch; a change of the project begins the next, and nothing of the last is told again.
 */
import { LIMITS } from '../../core/limits.ts';
import type {
  Abandonment,
  RecallAsk,
  Recalled,
  SharedAnswer,
  Ticket,
} from '../../core/shield/shared-answer.ts';
import { AnswerMemory } from '../../upstream/shared/memory.ts';

/** A read that somebody is asking PostHog. */
interface Reading {
  readonly question: string;
  readonly epoch: string;
  readonly sinceMs: number;
  ticket: Ticket;
  readonly waiting: Waiter[];
}

/** One who waits for an answer, and since when. */
interface Waiter {
  readonly sinceMs: number;
  readonly tell: (recalled: Recalled) => void;
}

/** Questions whose answers turned out too large to be shared, of the newest, and the characters of all of them. */
const TOO_LARGE_MAX = 1000;
const TOO_LARGE_CHARS_MAX = 2_000_000;
const ALONE: Recalled = { kind: 'alone' };

/** `nowMs` never runs back. */
export class AnswerBook {
  readonly #instance: string;
  readonly #memory = new AnswerMemory(LIMITS.shieldAnswerBytesMax);
  readonly #readings = new Map<string, Reading>();
  readonly #byTicket = new Map<Ticket, Reading>();
  readonly #tooLarge = new Set<string>();
  #tooLargeChars = 0;
  #changes = 0;
  #tickets = 0;
  #waiters = 0;

  /**
   * @param instance Another each time the object starts. An isolate may hold a ticket from before the start: under the
   * name of another read, the others would be told the answer to the wrong question.
   */
  constructor(instance: string) {
    this.#instance = instance;
  }

  get epoch(): string {
    return `${this.#instance}/${this.#changes}`;
  }

  /** Answers at once, or when the one who is asking PostHog has told what it said. */
  recall({ question, ageMsMax, whileAsked }: RecallAsk, nowMs: number): Recalled | Promise<Recalled> {
    const { epoch } = this;
    if (this.#tooLarge.has(question)) return ALONE;
    if (whileAsked === 'anew') return this.#begin(question, nowMs);
    const known = this.#memory.find(question, epoch, ageMsMax, nowMs);
    if (known !== null) {
      const { answer, givenMs } = known;
      return { kind: 'answer', answer, ageMs: nowMs - givenMs, from: 'remembered', epoch };
    }
    this.#dropLost(nowMs);
    const reading = this.#readings.get(question);
    // One who asks for longer than a read may wait is perhaps gone: those who come now wait for one of their own.
    if (reading === undefined || nowMs - reading.sinceMs >= LIMITS.sharedAnswerWaitMsMax)
      return this.#begin(question, nowMs);
    if (this.#waiters >= LIMITS.sharedAnswerWaitersMax) return ALONE;
    this.#waiters += 1;
    return new Promise((tell) => {
      reading.waiting.push({ sinceMs: nowMs, tell });
    });
  }

  /** What PostHog said. Remembered where nothing has changed since it was asked; told to those who wait in any case. */
  remember(ticket: Ticket, answer: SharedAnswer): void {
    const reading = this.#end(ticket);
    if (reading === null) return;
    const { question, epoch, sinceMs } = reading;
    if (epoch === this.epoch) this.#memory.add(question, { answer, givenMs: sinceMs, epoch });
    this.#tell(reading, (waiter) => {
      // Who joined late is told since when PostHog was being asked: no reader takes the answer for younger than it is.
      const ageMs = Math.max(0, waiter.sinceMs - sinceMs);
      return { kind: 'answer', answer, ageMs, from: 'asked', epoch };
    });
  }

  /** No answer to share: one who waits asks instead, or each does. */
  abandon(ticket: Ticket, why: Abandonment, nowMs: number): void {
    const reading = this.#end(ticket);
    if (reading === null) return;
    if (why === 'too_large') this.#noteTooLarge(reading.question);
    if (why !== 'failed') {
      this.#tell(reading, () => ALONE);
      return;
    }
    const [next, ...others] = reading.waiting;
    if (next === undefined) return;
    this.#waiters -= 1;
    const { question, epoch } = reading;
    const again = this.#open({ question, epoch, sinceMs: nowMs, waiting: others });
    next.tell({ kind: 'ask', ticket: again.ticket, epoch });
  }

  /** The project changes: nothing that is remembered is told any more, and who asks from now on asks PostHog. */
  forget(): void {
    this.#changes += 1;
    this.#memory.clear();
    this.#readings.clear();
    this.#tooLarge.clear();
    this.#tooLargeChars = 0;
  }

  /** Those who wait for one that is gone ask by themselves. */
  #dropLost(nowMs: number): void {
    for (const [ticket, reading] of this.#byTicket) {
      if (nowMs - reading.sinceMs < READING_MS_MAX) return;
      this.#end(ticket);
      this.#tell(reading, () => ALONE);
    }
  }

  #begin(question: string, nowMs: number): Recalled {
    const { epoch } = this;
    const { ticket } = this.#open({ question, epoch, sinceMs: nowMs, waiting: [] });
    return { kind: 'ask', ticket, epoch };
  }

  /** Of two readings of one question the newer is joined; those who wait for the older wait on. */
  #open(reading: Omit<Reading, 'ticket'>): Reading {
    this.#tickets += 1;
    const opened = { ...reading, ticket: `${this.#instance}/${this.#tickets}` };
    this.#byTicket.set(opened.ticket, opened);
    if (opened.epoch === this.epoch) this.#readings.set(opened.question, opened);
    return opened;
  }

  #end(ticket: Ticket): Reading | null {
    const reading = this.#byTicket.get(ticket) ?? null;
    if (reading === null) return null;
    this.#byTicket.delete(ticket);
    if (this.#readings.get(reading.question) === reading) this.#readings.delete(reading.question);
    return reading;
  }

  #tell({ waiting }: Reading, recalledBy: (waiter: Waiter) => Recalled): void {
    this.#waiters -= waiting.length;
    for (const waiter of waiting) waiter.tell(recalledBy(waiter));
  }

  #noteTooLarge(question: string): void {
    if (this.#tooLarge.has(question)) return;
    this.#tooLarge.add(question);
    this.#tooLargeChars += question.length;
    for (const oldest of this.#tooLarge) {
      if (this.#tooLarge.size <= TOO_LARGE_MAX && this.#tooLargeChars <= TOO_LARGE_CHARS_MAX) return;
      this.#tooLarge.delete(oldest);
      this.#tooLargeChars -= oldest.length;
    }
  }
}

/** Milliseconds after which one who asks PostHog is taken for gone: longer than a query may take. */
const READING_MS_MAX = 120_000;
