/** What a client is told of a deletion: PostHog's answer or what stands in for it, and what is left of its budgets. */
import type { DeletionBudget } from '../../contract/deletion-budget.ts';
import type { Failure } from '../../core/failure.ts';
import type { DeletionId } from '../../core/ids.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Ledger } from './budget/ledger.ts';
import type {
  BudgetAsk,
  CreatedDeletion,
  DeletionEntry,
  DeletionResult,
  PendingState,
  ReplayedDeletion,
} from './entry.ts';
import type { WrittenIntent } from './intents/intents.ts';
import { isEnd } from './job/job.ts';
import { isAccepted, replayOf } from './job/replay.ts';
import type { DeletionReader } from './storage/reader.ts';
import type { Registrations } from './storage/registrations.ts';

/** Whose budgets are told. */
type Spender = Pick<BudgetAsk, 'registration' | 'budgets'>;
type Written = Pick<WrittenIntent, 'number' | 'likelyRepeatOf'>;

export class Answers {
  readonly #reader: DeletionReader;
  readonly #ledger: Ledger;
  readonly #registrations: Registrations;
  readonly #quiet: (number: number) => Promise<void>;
  readonly #nowMs: () => number;

  /** @param quiet Waits until no step of a deletion is being taken. */
  constructor(
    reader: DeletionReader,
    ledger: Ledger,
    registrations: Registrations,
    quiet: (number: number) => Promise<void>,
    nowMs: () => number,
  ) {
    this.#reader = reader;
    this.#ledger = ledger;
    this.#registrations = registrations;
    this.#quiet = quiet;
    this.#nowMs = nowMs;
  }

  /** What is left of the budgets, and the refusal of a deletion of so many persons; null where it fits. */
  budget({ registration, budgets, persons }: BudgetAsk): {
    budgets: DeletionBudget[];
    refusal: Failure | null;
  } {
    const since = this.#registrations.chargedSince(registration);
    return {
      budgets: this.#left({ registration, budgets }),
      refusal: this.#ledger.check(budgets, persons, since, this.#nowMs()),
    };
  }

  /** A deletion that PostHog was sent. Its own words stay, unless they leave open what was done. */
  sent({ number, likelyRepeatOf }: Written, interpretation: Interpretation, by: Spender): DeletionResult {
    const entry = this.#entry(number);
    const pending = interpretation.kind === 'success' ? null : pendingOf(entry);
    return this.#result(entry.id, { interpretation, pending, replayed: false, likelyRepeatOf }, by);
  }

  /** A deletion that PostHog is not sent now. */
  notSent({ number, likelyRepeatOf }: Written, interpretation: Interpretation, by: Spender): DeletionResult {
    const entry = this.#entry(number);
    const pending = pendingOf(entry);
    return this.#result(entry.id, { interpretation, pending, replayed: false, likelyRepeatOf }, by);
  }

  /**
   * The earlier deletion that an idempotency key stands for. What is sent just now is waited for: its first caller, who
   * may have got no answer, would have been told how it ends.
   */
  async replayed(number: number, by: Spender): Promise<ReplayedDeletion> {
    await this.#quiet(number);
    const entry = this.#entry(number);
    const told = { interpretation: replayOf(entry), pending: pendingOf(entry) };
    const result = this.#result(entry.id, { ...told, replayed: true, likelyRepeatOf: null }, by);
    return { ...result, job: entry };
  }

  created({ number, likelyRepeatOf }: Written, by: Spender): CreatedDeletion {
    return { entry: this.#entry(number), replayed: false, likelyRepeatOf, budgets: this.#left(by) };
  }

  createdBefore(number: number, by: Spender): CreatedDeletion {
    return { ...this.created({ number, likelyRepeatOf: null }, by), replayed: true };
  }

  #result(entry: DeletionId, told: Omit<DeletionResult, 'entry' | 'budgets'>, by: Spender): DeletionResult {
    return { entry, ...told, budgets: this.#left(by) };
  }

  #left({ registration, budgets }: Spender): DeletionBudget[] {
    return this.#ledger.statuses(budgets, this.#registrations.chargedSince(registration), this.#nowMs());
  }

  #entry(number: number): DeletionEntry {
    const entry = this.#reader.at(number);
    if (entry === null) throw new Error('an entry that was written can be read');
    return entry;
  }
}

/** Null for a deletion that PostHog accepted, or that has ended otherwise. */
function pendingOf(entry: DeletionEntry): PendingState | null {
  const { state, sent, next_attempt_at, last_problem, note } = entry;
  return isEnd(state) || isAccepted(entry)
    ? null
    : { state, persons: sent, next_attempt_at, last_problem, note };
}
