/** Carries out what a person decided about a deletion: the state, the budget and the alarm follow in one transaction. */
import type { Failure } from '../../core/failure.ts';
import type { Alarm } from './alarm.ts';
import type { Ledger } from './budget/ledger.ts';
import type { DeletionEntry } from './entry.ts';
import { numberOf } from './id.ts';
import { beingSent, checkDecision, type Decision } from './job/decision.ts';
import { holdsOf } from './job/holds.ts';
import { isBeingRead } from './job/job.ts';
import type { DeletionRunner } from './runner.ts';
import { Jobs, type Actor } from './storage/jobs.ts';
import { Selections } from './storage/selections.ts';
import { DeletionStore } from './storage/store.ts';

export class Decisions {
  readonly #storage: DurableObjectStorage;
  readonly #store: DeletionStore;
  readonly #jobs: Jobs;
  readonly #selections: Selections;
  readonly #ledger: Ledger;
  readonly #alarm: Alarm;
  readonly #runner: DeletionRunner;

  constructor(storage: DurableObjectStorage, ledger: Ledger, alarm: Alarm, runner: DeletionRunner) {
    this.#storage = storage;
    this.#store = new DeletionStore(storage.sql);
    this.#jobs = new Jobs(storage.sql);
    this.#selections = new Selections(storage.sql);
    this.#ledger = ledger;
    this.#alarm = alarm;
    this.#runner = runner;
  }

  /** Null where it was carried out; `deletion_state_conflict` where the state does not allow it. `now` is in ms since 1970. */
  carryOut(
    entry: DeletionEntry,
    decision: Decision,
    now: number,
    by: Actor,
    note: string | null,
  ): Failure | null {
    const number = numberOf(entry.id);
    const job = this.#jobs.at(number);
    const holds = holdsOf(this.#jobs.facts(number), this.#jobs.events(number), now);
    const conflict = checkDecision(decision, job.state, holds, entry);
    if (conflict !== null) return conflict;
    if (this.#runner.isBusy(number) && !isBeingRead(job.state)) return beingSent();
    this.#storage.transactionSync(() => {
      this.#release(decision, entry, number);
      this.#jobs.decide(job, decision, now, by, note);
      if (job.state === 'sending') this.#ledger.sent(number, now);
      this.#selections.dropSample(number);
      if (decision !== 'approved') return;
      this.#store.postpone(number, now);
      this.#alarm.armBy(now);
    });
    return null;
  }

  /** Gives back what is never sent now. */
  #release(decision: Decision, { chunks }: DeletionEntry, number: number): void {
    switch (decision) {
      case 'approved':
        return;
      case 'cancelled':
      case 'rejected':
        return this.#ledger.release(number, chunks.total, 'not_sent', this.#store.charged(number));
      case 'abandoned': {
        const { chunk } = this.#store.pending(number);
        const unsent = this.#store.personsAfter(number, chunk);
        return this.#ledger.release(number, chunks.total, 'not_sent', unsent);
      }
    }
  }
}
