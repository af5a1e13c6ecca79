/** Sends a chunk of a deletion to PostHog: once, and only what may be sent now. */
import { removesProfiles, type Deletion } from '../../../catalogue/deletion.ts';
import type { Failure } from '../../../core/failure.ts';
import type { Interpretation } from '../../../upstream/interpret.ts';
import type { Alarm } from '../alarm.ts';
import type { Ledger } from '../budget/ledger.ts';
import { notSpent } from '../budget/release.ts';
import { CHUNKS_AHEAD, type Burials } from '../burials.ts';
import { distinct } from '../digest.ts';
import { LONGEST_WAIT_MS, overdueAfter, waitAfter, waitAfterLookup } from '../job/backoff.ts';
import { endOf, nextLook } from '../job/ends.ts';
import { heldInterpretation, holdReason, type HoldReason, type PendingDeletion } from '../job/hold.ts';
import type { EventIn } from '../job/job.ts';
import { settle, settleNoneLeft, type Settled, type WhenBusy } from '../job/settle.ts';
import { Paces } from '../pace/pace.ts';
import { emptyDeletionReply, sendDeletion, type Upstream } from '../send.ts';
import { drivenOf } from '../storage/driven.ts';
import { Jobs, type JobAt } from '../storage/jobs.ts';
import { Looks } from '../storage/looks.ts';
import { Rechecks } from '../storage/rechecks.ts';
import { DeletionStore, type Attempt, type Ended, type Inconclusive } from '../storage/store.ts';
import { notInSlice, recheck, type Recheck } from './recheck.ts';

/** How an attempt is made. */
export interface Manner {
  /** Were the persons of a sliced grant looked up a moment ago? Else they are looked up again before the first attempt. */
  readonly isResolvedNow: boolean;
  /** What a 429 to the first attempt of all does. */
  readonly whenBusy: WhenBusy;
}

/** Nobody waits for the answer. */
export const UNATTENDED: Manner = { isResolvedNow: false, whenBusy: 'wait' };

export interface Attempted {
  readonly answer: Interpretation;
  /** The next chunk can be sent at once. */
  readonly goesOn: boolean;
}

type Sending = JobAt<'sending'>;

/** Milliseconds until a chunk is looked at again for whose persons there was no room among the tombstones. */
const FULL_WAIT_MS = 60_000;

const BROKEN_OFF_NOTE =
  'PostHog accepted the calls before the one it refused. Whether it has deleted their persons was not looked at.';

export class Sender {
  readonly #storage: DurableObjectStorage;
  readonly #store: DeletionStore;
  readonly #jobs: Jobs;
  readonly #rechecks: Rechecks;
  readonly #looks: Looks;
  readonly #paces: Paces;
  readonly #ledger: Ledger;
  readonly #burials: Burials;
  readonly #alarm: Alarm;
  readonly #nowMs: () => number;

  constructor(
    storage: DurableObjectStorage,
    ledger: Ledger,
    burials: Burials,
    alarm: Alarm,
    nowMs: () => number,
  ) {
    this.#storage = storage;
    this.#store = new DeletionStore(storage.sql);
    this.#jobs = new Jobs(storage.sql);
    this.#rechecks = new Rechecks(storage.sql);
    this.#looks = new Looks(storage.sql);
    this.#paces = new Paces(storage.sql);
    this.#ledger = ledger;
    this.#burials = burials;
    this.#alarm = alarm;
    this.#nowMs = nowMs;
  }

  /** The only way to PostHog: what is written down is sent, or not sent for a reason that is written down. */
  async attempt(job: Sending, upstream: Upstream, manner: Manner): Promise<Attempted> {
    const pending = this.#pending(job);
    const reason = holdReason(pending, upstream);
    if (reason !== null) return this.#hold(job, reason, pending, LONGEST_WAIT_MS);
    const waitsUntil = this.#paces.takeTurn(job.number, this.#nowMs());
    if (waitsUntil !== null) return this.#waitForTurn(job, waitsUntil);
    const { slices, isResolved, attempts } = pending;
    const isTrusted = manner.isResolvedNow && isResolved && attempts === 0;
    if (slices === null || isTrusted) return this.#send(job, pending, null, manner, upstream);
    const checked = await recheck(pending, slices, upstream);
    if (!checked.ok) return this.#holdUnchecked(job, pending, checked.failure);
    return checked.value.deletion.target.ids.length === 0
      ? this.#endWithoutPostHog(job, pending, checked.value, upstream)
      : this.#send(job, pending, checked.value, manner, upstream);
  }

  /** An entry whose row cannot be read is held back, so that it does not stand in the way of others. */
  #pending(job: Sending): PendingDeletion {
    try {
      return this.#store.pending(job.number);
    } catch (defect) {
      this.#hold(job, 'internal_error', null, LONGEST_WAIT_MS);
      throw defect;
    }
  }

  /** Nothing is sent, so there is no attempt. The entry is looked at again, until it is given up. */
  #hold(job: Sending, reason: HoldReason, pending: PendingDeletion | null, waitMs: number): Attempted {
    const now = this.#nowMs();
    this.#storage.transactionSync(() => {
      const dueAt = this.#lookAgainOrEnd(job, pending, now + waitMs, now, reason);
      if (dueAt !== null) this.#store.hold(job.number, reason, dueAt);
    });
    return { answer: heldInterpretation(waitMs), goesOn: false };
  }

  /** As many calls were sent as may be. That ends nothing, however long it takes. */
  #waitForTurn(job: Sending, dueAt: number): Attempted {
    this.#store.hold(job.number, 'paced', dueAt);
    this.#alarm.armBy(dueAt);
    return { answer: heldInterpretation(dueAt - this.#nowMs()), goesOn: false };
  }

  /** Holds a chunk back whose persons could not be looked up: only persons who are known to be in the slice are sent. */
  #holdUnchecked(job: Sending, pending: PendingDeletion, { code, retryAfterSeconds }: Failure): Attempted {
    const waitMs = waitAfterLookup(this.#nowMs() - pending.movedAt, retryAfterSeconds ?? null);
    return this.#hold(job, code, pending, waitMs);
  }

  /** When the entry is looked at again. Null where it was driven for so long that it ends now. */
  #lookAgainOrEnd(
    job: Sending,
    pending: PendingDeletion | null,
    at: number,
    now: number,
    heldBy: HoldReason | null,
  ): number | null {
    const driven = drivenOf(this.#storage.sql, job.number, pending?.chunk ?? 0);
    const dueAt = nextLook(driven, at, now);
    if (dueAt !== null) {
      this.#alarm.armBy(dueAt);
      return dueAt;
    }
    if (pending !== null) {
      const { chunk, chunks, deletion } = pending;
      if (!driven.mayHaveWorked)
        this.#ledger.release(job.number, chunk, 'not_sent', distinct(deletion.target.ids).length);
      this.#ledger.release(job.number, chunks, 'not_sent', this.#store.personsAfter(job.number, chunk));
    }
    this.#leave(job, endOf(driven), now, heldBy);
    return null;
  }

  async #send(
    job: Sending,
    pending: PendingDeletion,
    checked: Recheck | null,
    manner: Manner,
    upstream: Upstream,
  ): Promise<Attempted> {
    const { chunk, chunks, attempts } = pending;
    const whenBusy = attempts === 0 ? manner.whenBusy : 'wait';
    const deletion = checked?.deletion ?? pending.deletion;
    // The persons of a sliced grant are known only once they have been looked up again: no chunk is hidden before that.
    const ahead =
      checked === null && pending.slices === null && pending.attemptsOfChunk === 0 ? CHUNKS_AHEAD : 0;
    if (!(await this.#burials.bury(job.number, chunk, deletion, ahead)))
      return this.#hold(job, 'tombstones_full', pending, FULL_WAIT_MS);
    const attempt = this.#begin(job.number, pending, checked, upstream);
    try {
      const answer = await sendDeletion(upstream, deletion);
      // Persons who came into the slice since the first attempt have no tombstone.
      const hidden = checked === null || pending.attemptsOfChunk === 0 ? 'all' : 'some';
      await this.#burials.forget(job.number, chunk, deletion, hidden);
      const settlement = settle(deletion, answer, attempt.uncertain, whenBusy);
      if (settlement.state === 'unknown')
        this.#retryLater(job, attempt, pending, settlement, retryAfterOf(answer));
      else
        this.#storage.transactionSync(() => {
          const persons = distinct(deletion.target.ids).length;
          const unspent = notSpent(settlement, persons, attempt.uncertain);
          this.#ledger.release(job.number, chunk, 'not_found', unspent);
          this.#settle(job, attempt, settlement, pending, upstream);
        });
      return { answer: settlement.answer, goesOn: settlement.state === 'accepted' && chunk + 1 < chunks };
    } catch (defect) {
      // Backs off like any other failure, so that one entry that cannot be sent does not stand in the way of others.
      const unknown = { status: null, problem: 'internal_error', remainder: null } as const;
      this.#retryLater(job, attempt, pending, unknown, null);
      throw defect;
    }
  }

  /** The attempt, and what it was narrowed to, are written down together, before anything is sent. */
  #begin(number: number, pending: PendingDeletion, checked: Recheck | null, upstream: Upstream): Attempt {
    const startedAt = this.#nowMs();
    const overdueAt = startedAt + overdueAfter(upstream.timeoutMs);
    return this.#storage.transactionSync(() => {
      const attempt = this.#store.begin(number, pending.chunk, startedAt, overdueAt);
      if (checked !== null) this.#recordRecheck(number, pending, checked, startedAt);
      return attempt;
    });
  }

  /** Only before the first attempt does an id that is not in the slice say that nobody was deleted for it. */
  #recordRecheck(number: number, pending: PendingDeletion, checked: Recheck, at: number): void {
    const { chunk, attemptsOfChunk } = pending;
    this.#rechecks.record({ number, chunk, ofChunk: attemptsOfChunk + 1 }, checked, at);
    const notSent = attemptsOfChunk === 0 ? notInSlice(pending.deletion, checked.deletion) : 0;
    this.#ledger.release(number, chunk, 'not_in_slice', notSent);
  }

  /** No person of the chunk is in the slice any more. */
  #endWithoutPostHog(
    job: Sending,
    pending: PendingDeletion,
    checked: Recheck,
    upstream: Upstream,
  ): Attempted {
    const { deletion, chunk, chunks, attempts, attemptsOfChunk } = pending;
    const answer = emptyDeletionReply(upstream.generation);
    const now = this.#nowMs();
    this.#storage.transactionSync(() => {
      this.#recordRecheck(job.number, pending, checked, now);
      const { mayHaveWorked } = drivenOf(this.#storage.sql, job.number, chunk);
      if (attemptsOfChunk > 0 && !mayHaveWorked)
        this.#ledger.release(job.number, chunk, 'not_sent', distinct(deletion.target.ids).length);
      const ended = { number: job.number, chunk, attempt: attempts, startedAt: now };
      this.#settle(job, ended, settleNoneLeft(answer, mayHaveWorked), pending, upstream);
    });
    return { answer, goesOn: chunk + 1 < chunks };
  }

  #settle(
    job: Sending,
    attempt: Ended,
    settled: Settled,
    { deletion, chunk, chunks }: PendingDeletion,
    upstream: Pick<Upstream, 'firstLookMs' | 'generation'>,
  ): void {
    const now = this.#nowMs();
    if (chunks === 1) this.#store.settle(attempt, settled, now);
    else this.#store.settleChunk(attempt, settled, now);
    if (settled.state === 'refused') {
      this.#ledger.release(job.number, chunks, 'not_sent', this.#store.personsAfter(job.number, chunk));
      this.#leave(job, 'refused', now, chunk === 0 ? null : BROKEN_OFF_NOTE);
    } else if (chunk + 1 < chunks) {
      this.#store.advance(job.number, chunk + 1, now);
      this.#alarm.armBy(now);
    } else {
      if (chunks > 1) this.#store.settleAll(job.number, now);
      this.#settleAccepted(job, deletion, upstream, now);
    }
  }

  /** PostHog accepted everything, which says little: profiles and events that are to go are looked for until they are gone. */
  #settleAccepted(
    job: Sending,
    deletion: Deletion,
    { firstLookMs, generation }: Pick<Upstream, 'firstLookMs' | 'generation'>,
    now: number,
  ): void {
    const wasSent = this.#store.wasSent(job.number);
    const isSeen = removesProfiles(deletion) || this.#looks.seesEvents(job.number, deletion, generation);
    if (!wasSent || !isSeen) {
      this.#leave(job, wasSent ? 'ended' : 'matched_none', now);
      return;
    }
    this.#leave(job, 'accepted', now);
    const dueAt = now + firstLookMs;
    this.#store.postpone(job.number, dueAt);
    this.#alarm.armBy(dueAt);
  }

  /** Nothing more of it is sent for the first time. */
  #leave(job: Sending, event: EventIn<'sending'>, now: number, note: string | null = null): void {
    this.#jobs.move(job, event, now, 'gateway', note);
    this.#ledger.sent(job.number, now);
  }

  #retryLater(
    job: Sending,
    attempt: Attempt,
    pending: PendingDeletion,
    how: Inconclusive,
    retryAfterSeconds: number | null,
  ): void {
    const now = this.#nowMs();
    const dueAt = now + waitAfter(attempt.ofChunk, retryAfterSeconds);
    this.#storage.transactionSync(() => {
      this.#store.inconclusive(attempt, how, now, dueAt);
      const next = this.#lookAgainOrEnd(job, pending, dueAt, now, null);
      if (next !== null && next !== dueAt) this.#store.postpone(job.number, next);
    });
  }
}

const retryAfterOf = (answer: Interpretation): number | null =>
  answer.kind === 'failure' ? (answer.failure.retryAfterSeconds ?? null) : null;
