/** Looks for the persons of a deletion that PostHog accepted until they are gone, and sends again what is not. */
import { removesProfiles, type Deletion } from '../../../catalogue/deletion.ts';
import type { Failure, FailureCode } from '../../../core/failure.ts';
import type { Burials } from '../burials.ts';
import { distinct } from '../digest.ts';
import type { Alarm } from '../alarm.ts';
import { holdReason, type HoldReason } from '../job/hold.ts';
import { LONGEST_WAIT_MS, overdueAfter } from '../job/backoff.ts';
import type { JobAt, Jobs } from '../storage/jobs.ts';
import { Paces } from '../pace/pace.ts';
import { Looks, type Accepted } from '../storage/looks.ts';
import type { Attempt, DeletionStore } from '../storage/store.ts';
import { settle } from '../job/settle.ts';
import { sendDeletion, type Upstream } from '../send.ts';
import { countEvents } from './events.ts';
import { callsOfLook, lookFor, ofThese, type Sighting } from './look.ts';
import { areGone, nextTask, type Progress, type Task } from './plan.ts';

/** Calls that one step makes, and the milliseconds until the next: 60 a minute, of PostHog's 240. */
const CALLS_A_STEP = 10;
const STEP_PAUSE_MS = 10_000;
/** A look that fails is tried again after the time since the last that did not, within these milliseconds. */
const SHORTEST_PAUSE_MS = 60_000;
/** Milliseconds without a look that PostHog answered, after which nobody can say whether the persons are gone. */
const BLIND_MS_MAX = 7 * 86_400_000;

/** PostHog's answers that waiting does not change. */
const REFUSALS: ReadonlySet<FailureCode> = new Set(['upstream_key_refused', 'upstream_scope_missing']);

type Settling = JobAt<'settling'>;
type LookTask = Extract<Task, { kind: 'look' }>;

export class Verifier {
  readonly #storage: DurableObjectStorage;
  readonly #store: DeletionStore;
  readonly #jobs: Jobs;
  readonly #looks: Looks;
  readonly #paces: Paces;
  readonly #burials: Burials;
  readonly #alarm: Alarm;
  readonly #nowMs: () => number;

  constructor(
    storage: DurableObjectStorage,
    store: DeletionStore,
    jobs: Jobs,
    burials: Burials,
    alarm: Alarm,
    nowMs: () => number,
  ) {
    this.#storage = storage;
    this.#store = store;
    this.#jobs = jobs;
    this.#looks = new Looks(storage.sql);
    this.#paces = new Paces(storage.sql);
    this.#burials = burials;
    this.#alarm = alarm;
    this.#nowMs = nowMs;
  }

  /** Does what is next for a deletion that is settling, and sets when it is due again. */
  async step(job: Settling, upstream: Upstream): Promise<void> {
    try {
      await this.#take(job, upstream);
    } catch (defect) {
      this.#hold(job.number, 'internal_error', LONGEST_WAIT_MS);
      throw defect;
    }
  }

  async #take(job: Settling, upstream: Upstream): Promise<void> {
    const { deletion, chunks, origin } = this.#looks.sent(job.number, 0);
    const accepted = this.#looks.accepted(job.number);
    const seesEvents = this.#looks.seesEvents(job.number, deletion, upstream.generation);
    const reason = holdReason({ deletion, origin }, upstream);
    if (reason !== null) {
      const progress = this.#progress(job.number, upstream, accepted, deletion, chunks, seesEvents);
      this.#unseen(job.number, reason, progress, LONGEST_WAIT_MS);
      return;
    }
    for (let calls = 0; calls < CALLS_A_STEP;) {
      const progress = this.#progress(job.number, upstream, accepted, deletion, chunks, seesEvents);
      if (areGone(progress)) this.#burials.markGone(job.number);
      const task = nextTask(progress, this.#nowMs());
      switch (task.kind) {
        case 'wait':
          this.#later(job.number, task.until);
          return;
        case 'end':
          this.#jobs.move(this.#current(job.number), task.event, this.#nowMs());
          return;
        case 'events': {
          const failure = await this.#lookForEvents(job.number, task.look, deletion, accepted, upstream);
          if (failure !== null) return this.#unseen(job.number, failure.code, progress);
          calls += 1;
          break;
        }
        case 'look': {
          const turn = task.as === 'send' ? this.#paces.takeTurn(job.number, this.#nowMs()) : null;
          if (turn !== null) return this.#hold(job.number, 'paced', turn - this.#nowMs());
          const sought = this.#sought(job.number, task);
          const failure = await this.#look(job.number, task, sought, accepted, progress, upstream);
          if (failure !== null) return this.#unseen(job.number, failure.code, progress);
          calls += callsOfLook(upstream, sought);
          break;
        }
      }
    }
    this.#later(job.number, this.#nowMs() + STEP_PAUSE_MS);
  }

  #progress(
    number: number,
    { generation, firstLookMs }: Upstream,
    { acceptedAt }: Accepted,
    deletion: Deletion,
    chunks: number,
    seesEvents: boolean,
  ): Progress {
    return {
      generation,
      firstLookMs,
      chunks,
      removesProfiles: removesProfiles(deletion),
      acceptedAt,
      looks: this.#looks.looks(number),
      eventLooks: seesEvents ? this.#looks.eventLooks(number) : null,
    };
  }

  /** What a look looks for: what was still there, or everything. */
  #sought(number: number, { pass, as, chunk }: LookTask): Deletion {
    const { deletion } = this.#looks.sent(number, chunk);
    const left = pass === 1 || as === 'last' ? null : this.#looks.remaining(number, chunk);
    return ofThese(deletion, left ?? distinct(deletion.target.ids));
  }

  async #look(
    number: number,
    task: LookTask,
    deletion: Deletion,
    { sentAt, slices }: Accepted,
    { looks }: Progress,
    upstream: Upstream,
  ): Promise<Failure | null> {
    const seen = await lookFor(upstream, { deletion, sentAt, slices });
    if (!seen.ok) return seen.failure;
    const isFirst = !looks.some(({ pass, remaining }) => pass === task.pass && remaining > 0);
    const attempt = this.#storage.transactionSync(() => {
      this.#record(number, task, deletion, seen.value);
      return task.as === 'send' && seen.value.there.length > 0
        ? this.#begin(number, task.chunk, isFirst, upstream)
        : null;
    });
    if (attempt === null) return null;
    const again = ofThese(deletion, seen.value.there);
    await this.#burials.bury(number, task.chunk, again, 0);
    await this.#sendAgain(attempt, again, upstream);
    return null;
  }

  #record(number: number, { pass, as, chunk }: LookTask, { target }: Deletion, seen: Sighting): void {
    this.#looks.record(number, { pass, kind: as, chunk, at: this.#nowMs() }, target.ids.length, seen);
  }

  #begin(number: number, chunk: number, isFirst: boolean, { timeoutMs }: Upstream): Attempt {
    const now = this.#nowMs();
    if (isFirst) this.#jobs.move(this.#current(number), 'sent_again', now);
    return this.#store.begin(number, chunk, now, now + overdueAfter(timeoutMs));
  }

  /** Whether it worked is seen by the next look. What PostHog answers is noted where it says that it did not. */
  async #sendAgain(attempt: Attempt, deletion: Deletion, upstream: Upstream): Promise<void> {
    const answer = await sendDeletion(upstream, deletion);
    await this.#burials.forget(attempt.number, attempt.chunk, deletion, 'all');
    const settlement = settle(deletion, answer, attempt.uncertain, 'wait');
    if (settlement.state !== 'unknown') return;
    const now = this.#nowMs();
    this.#store.inconclusive(attempt, { ...settlement, remainder: null }, now, now + STEP_PAUSE_MS);
  }

  async #lookForEvents(
    number: number,
    look: number,
    { projectId }: Deletion,
    { sentAt }: Accepted,
    { posthog }: Upstream,
  ): Promise<Failure | null> {
    const persons = this.#looks.persons(number);
    const counted = await countEvents(posthog, projectId, persons, sentAt);
    if (!counted.ok && !REFUSALS.has(counted.failure.code)) return counted.failure;
    const counts = counted.ok
      ? counted.value
      : { completed: 0, pending: 0, notQueued: 0, unknown: persons.size };
    this.#looks.recordEvents(number, look, this.#nowMs(), counts);
    return null;
  }

  /** Nothing was seen. Pauses grow with the time since something was, and what stays unseen is not known at last. */
  #unseen(
    number: number,
    why: HoldReason | FailureCode,
    { acceptedAt, looks, eventLooks }: Progress,
    shortestMs = SHORTEST_PAUSE_MS,
  ): void {
    const now = this.#nowMs();
    const seenAt = Math.max(acceptedAt, ...[...looks, ...(eventLooks ?? [])].map(({ at }) => at));
    const blindFor = now - seenAt;
    if (blindFor > BLIND_MS_MAX) this.#jobs.move(this.#current(number), 'undecided', now);
    else this.#hold(number, why, Math.min(Math.max(blindFor, shortestMs), LONGEST_WAIT_MS));
  }

  #current(number: number): Settling {
    const job = this.#jobs.at(number);
    if (job.state !== 'settling') throw new Error(`a deletion that is ${job.state} is not looked for`);
    return { ...job, state: job.state };
  }

  #hold(number: number, why: HoldReason | FailureCode, pauseMs: number): void {
    const dueAt = this.#nowMs() + pauseMs;
    this.#store.hold(number, why, dueAt);
    this.#alarm.armBy(dueAt);
  }

  #later(number: number, dueAt: number): void {
    this.#store.postpone(number, dueAt);
    this.#alarm.armBy(dueAt);
  }
}
