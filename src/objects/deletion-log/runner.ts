/** The runner of the deletion log: it sends what is written down, the first time and again until the end is known. */
import type { Deletion } from '../../catalogue/deletion.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Alarm } from './alarm.ts';
import { LONGEST_WAIT_MS, overdueAfter, waitAfter } from './backoff.ts';
import { heldInterpretation, holdReason, type HoldReason, type PendingDeletion } from './hold.ts';
import { sendDeletion, type Upstream } from './send.ts';
import { settle } from './settle.ts';
import type { Attempt, DeletionStore, Inconclusive } from './storage/store.ts';

/** Entries one alarm sends at once: below the six connections an object may have waiting for an answer. */
const SENT_AT_ONCE = 5;

export class DeletionRunner {
  readonly #storage: DurableObjectStorage;
  readonly #store: DeletionStore;
  readonly #alarm: Alarm;
  readonly #nowMs: () => number;
  /** Being sent by this instance right now. After a restart nothing is. */
  readonly #inFlight = new Set<number>();

  constructor(storage: DurableObjectStorage, store: DeletionStore, alarm: Alarm, nowMs: () => number) {
    this.#storage = storage;
    this.#store = store;
    this.#alarm = alarm;
    this.#nowMs = nowMs;
  }

  /** The only way to PostHog: what is written down is sent, or held back. Answers with what the caller is told. */
  async attempt(number: number, upstream: Upstream): Promise<Interpretation> {
    this.#inFlight.add(number);
    try {
      const pending = this.#pending(number);
      const reason = holdReason(pending, upstream);
      if (reason === null) return await this.#send(number, pending.deletion, upstream);
      this.#hold(number, reason);
      return heldInterpretation(LONGEST_WAIT_MS);
    } finally {
      this.#inFlight.delete(number);
    }
  }

  /** Sends a batch of what is due. @throws where an entry could not be sent, after all others were. */
  async sendDue(upstream: Upstream): Promise<void> {
    const due = this.#store
      .due(this.#nowMs(), SENT_AT_ONCE + this.#inFlight.size)
      .filter((number) => !this.#inFlight.has(number))
      .slice(0, SENT_AT_ONCE);
    const sent = await Promise.allSettled(due.map((number) => this.attempt(number, upstream)));
    if (sent.some((each) => each.status === 'rejected')) throw new Error('an entry could not be sent');
  }

  /** An entry whose row cannot be read is held back, so that it does not stand in the way of others. */
  #pending(number: number): PendingDeletion {
    try {
      return this.#store.pending(number);
    } catch (defect) {
      this.#hold(number, 'internal_error');
      throw defect;
    }
  }

  /** Nothing is sent, so there is no attempt. The entry is looked at again, as long as it takes. */
  #hold(number: number, reason: HoldReason): void {
    const dueAt = this.#nowMs() + LONGEST_WAIT_MS;
    this.#store.hold(number, reason, dueAt);
    this.#alarm.armBy(dueAt);
  }

  async #send(number: number, deletion: Deletion, upstream: Upstream): Promise<Interpretation> {
    const startedAt = this.#nowMs();
    const attempt = this.#store.begin(number, startedAt, startedAt + overdueAfter(upstream.timeoutMs));
    try {
      const answer = await sendDeletion(upstream, deletion);
      const settlement = settle(deletion, answer, attempt.attempt);
      if (settlement.state === 'unknown') this.#retryLater(attempt, settlement, retryAfterOf(answer));
      else this.#storage.transactionSync(() => this.#store.settle(attempt, settlement, this.#nowMs()));
      return settlement.answer;
    } catch (defect) {
      // Backs off like any other failure, so that one entry that cannot be sent does not stand in the way of others.
      this.#retryLater(attempt, { status: null, problem: 'internal_error', remainder: null }, null);
      throw defect;
    }
  }

  #retryLater(attempt: Attempt, how: Inconclusive, retryAfterSeconds: number | null): void {
    const now = this.#nowMs();
    const dueAt = now + waitAfter(attempt.attempt, retryAfterSeconds);
    this.#storage.transactionSync(() => {
      this.#store.inconclusive(attempt, how, now, dueAt);
      this.#alarm.armBy(dueAt);
    });
  }
}

const retryAfterOf = (answer: Interpretation): number | null =>
  answer.kind === 'failure' ? (answer.failure.retryAfterSeconds ?? null) : null;
