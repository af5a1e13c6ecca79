/** Takes a selection from `resolving` to a preview or to sending: its persons are read whole, or nothing is written. */
import type { Failure } from '../../../core/failure.ts';
import { ok, type Result } from '../../../core/result.ts';
import { checkPreviewed } from '../../../policy/delete-rules.ts';
import type { Alarm } from '../alarm.ts';
import type { Ledger } from '../budget/ledger.ts';
import { LONGEST_WAIT_MS, waitAfterLookup } from '../job/backoff.ts';
import { nextLook } from '../job/ends.ts';
import { chunksOf, factsOf } from '../job/facts.ts';
import { holdReason, type HoldReason } from '../job/hold.ts';
import { settleEmpty } from '../job/settle.ts';
import { emptyDeletionReply, type Upstream } from '../send.ts';
import { drivenOf } from '../storage/driven.ts';
import { Jobs, type JobAt } from '../storage/jobs.ts';
import { Registrations } from '../storage/registrations.ts';
import { Selections, type StoredSelection } from '../storage/selections.ts';
import { DeletionStore } from '../storage/store.ts';
import { noteBudget } from '../telling/note.ts';
import { readSet, type FoundSet, type Unfit } from './read-set.ts';
import { readSample, type SampledPerson } from './sample.ts';
import { PREVIEW_MS } from './selection.ts';

type Resolving = JobAt<'resolving'>;

/** What was read of a selection. */
interface Read extends FoundSet {
  readonly sample: readonly SampledPerson[];
}

/** What a person who reads the log is told beside the reason. */
const UNFIT_NOTES = {
  too_many: null,
  matched_all:
    'The filter names every person that this token can delete. Nothing was sent. Say "all": true in the filter where that is meant.',
} as const satisfies Record<Unfit, string | null>;

export class Resolver {
  readonly #storage: DurableObjectStorage;
  readonly #store: DeletionStore;
  readonly #jobs: Jobs;
  readonly #selections: Selections;
  readonly #ledger: Ledger;
  readonly #alarm: Alarm;
  readonly #nowMs: () => number;

  constructor(storage: DurableObjectStorage, ledger: Ledger, alarm: Alarm, nowMs: () => number) {
    this.#storage = storage;
    this.#store = new DeletionStore(storage.sql);
    this.#jobs = new Jobs(storage.sql);
    this.#selections = new Selections(storage.sql);
    this.#ledger = ledger;
    this.#alarm = alarm;
    this.#nowMs = nowMs;
  }

  /** Finds the persons and writes down what follows. A look-up that fails leaves everything as it was, until later. */
  async resolve(job: Resolving, upstream: Upstream): Promise<void> {
    const selection = this.#selections.read(job.number);
    const reason = holdReason(withoutPersons(selection), upstream);
    if (reason !== null) return this.#later(job, reason, LONGEST_WAIT_MS);
    const read = await this.read(selection, upstream);
    if (this.#jobs.at(job.number).step !== job.step) return; // It was cancelled meanwhile.
    if (!read.ok) return this.#afterFailure(job, read.failure);
    const found = read.value;
    this.#storage.transactionSync(() => {
      if (typeof found === 'string')
        this.#jobs.move(job, found, this.#nowMs(), 'gateway', UNFIT_NOTES[found]);
      else this.#found(job, selection, found, upstream);
    });
  }

  /** The persons of a selection and, for a preview, some of them as they may be shown. */
  async read(selection: StoredSelection, upstream: Upstream): Promise<Result<Read | Unfit>> {
    const set = await readSet(selection, upstream, this.#nowMs());
    if (!set.ok) return set;
    if (typeof set.value === 'string') return ok(set.value);
    const { preview } = selection.terms;
    if (preview === null) return ok({ ...set.value, sample: [] });
    const sample = await readSample(set.value.persons, selection.projectId, preview, upstream);
    return sample.ok ? ok({ ...set.value, sample: sample.value }) : sample;
  }

  /** Nobody confirmed it in time. */
  expire(job: JobAt<'previewed'>): void {
    this.#storage.transactionSync(() => {
      this.#selections.dropSample(job.number);
      this.#jobs.move(job, 'expired', this.#nowMs());
    });
  }

  /** Writes down what is to be sent, what it spends and what holds it. Inside a transaction, before it is `held`. */
  plan({ number, terms, slices }: StoredSelection, found: FoundSet, upstream: Upstream): void {
    const now = this.#nowMs();
    const lists = chunksOf({ kind: 'uuids', ids: found.persons });
    const facts = factsOf({ holds: terms.holds, slices }, found.persons.length, lists.length, upstream, now);
    this.#jobs.record(number, { ...facts, began: 'held' }, lists);
    this.#selections.charge(number, found, now);
    this.#store.postpone(number, now);
    this.#alarm.armBy(now);
    this.#ledger.reread();
    if (noteBudget(this.#storage.sql, number, this.#ledger.statuses(terms.budgets, this.#since(number), now)))
      this.#alarm.armBy(now);
  }

  /** The refusal of what does not fit into the budgets of the selection. */
  checkBudget({ number, terms }: StoredSelection, { persons }: FoundSet): Failure | null {
    return this.#ledger.check(terms.budgets, persons.length, this.#since(number), this.#nowMs());
  }

  /** The entry from which on charges count for this one. */
  #since(number: number): number {
    const registrations = new Registrations(this.#storage.sql);
    const registration = registrations.of(number);
    return registration === null ? 0 : registrations.chargedSince(registration);
  }

  #found(job: Resolving, selection: StoredSelection, found: Read, upstream: Upstream): void {
    const { number } = job;
    const now = this.#nowMs();
    this.#selections.find(number, found, now);
    if (selection.terms.preview !== null) {
      this.#selections.keepSample(number, found.sample);
      this.#jobs.move(job, 'shown', now);
      this.#store.postpone(number, now + PREVIEW_MS);
      this.#alarm.armBy(now + PREVIEW_MS);
    } else if (found.persons.length === 0) {
      const settled = settleEmpty(emptyDeletionReply(upstream.generation));
      this.#store.settle({ number, chunk: 0, attempt: 0, startedAt: now }, settled, now);
      this.#jobs.move(job, 'matched_none', now);
    } else if (checkPreviewed(selection.terms.holds.previewOver, found.persons.length) !== null) {
      this.#jobs.move(job, 'preview_required', now);
    } else if (this.checkBudget(selection, found) !== null) {
      this.#jobs.move(job, 'over_budget', now);
    } else {
      this.plan(selection, found, upstream);
      this.#jobs.move(job, 'found', now);
    }
  }

  #afterFailure(job: Resolving, { code, retryAfterSeconds }: Failure): void {
    const waited = this.#nowMs() - drivenOf(this.#storage.sql, job.number, 0).since;
    this.#later(job, code, waitAfterLookup(waited, retryAfterSeconds ?? null));
  }

  /** Looked at again, or given up after as long as a chunk that cannot be sent. */
  #later(job: Resolving, reason: HoldReason, waitMs: number): void {
    const now = this.#nowMs();
    const dueAt = nextLook(drivenOf(this.#storage.sql, job.number, 0), now + waitMs, now);
    this.#storage.transactionSync(() => {
      if (dueAt === null) this.#jobs.move(job, 'unresolved', now, 'gateway', reason);
      else {
        this.#store.hold(job.number, reason, dueAt);
        this.#alarm.armBy(dueAt);
      }
    });
  }
}

/** The reasons that hold a deletion back do not depend on the persons that the deletion names. */
export const withoutPersons = ({ deletion, origin }: StoredSelection) => ({
  deletion: { ...deletion, target: { kind: 'uuids', ids: [] } as const },
  origin,
});
