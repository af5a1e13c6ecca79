/** The runner of the deletion log: it takes deletions from state to state, one step at a time, until they end. */
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Alarm } from './alarm.ts';
import type { Ledger } from './budget/ledger.ts';
import type { Burials } from './burials.ts';
import { LONGEST_WAIT_MS } from './job/backoff.ts';
import { heldInterpretation } from './job/hold.ts';
import type { WhenBusy } from './job/settle.ts';
import { Pause } from './pace/pause.ts';
import { FUSE_WAIT_MS, Gate } from './releasing/gate.ts';
import type { Takings } from './releasing/takings.ts';
import type { Resolver } from './resolving/resolver.ts';
import type { Upstream } from './send.ts';
import { Sender, UNATTENDED, type Manner } from './sending/sender.ts';
import { Jobs, type JobAt } from './storage/jobs.ts';
import { DeletionStore } from './storage/store.ts';
import { Verifier } from './verify/verifier.ts';

/** Deletions that one alarm works on at once: below the six connections an object may have waiting for an answer. */
const STEPS_AT_ONCE = 5;
/** Milliseconds after which a deletion of many chunks lets others have a turn. */
const STEP_MS_MAX = 30_000;

export class DeletionRunner {
  readonly #store: DeletionStore;
  readonly #jobs: Jobs;
  readonly #sender: Sender;
  readonly #resolver: Resolver;
  readonly #gate: Gate;
  readonly #takings: Takings;
  readonly #burials: Burials;
  /** What PostHog says of its limits is heard by the client that this makes. */
  readonly pause: Pause;
  readonly #nowMs: () => number;
  readonly #verifier: Verifier;
  /** Being worked on by this instance right now, with the end of that work. After a restart nothing is. */
  readonly #inFlight = new Map<number, Promise<void>>();

  constructor(
    storage: DurableObjectStorage,
    ledger: Ledger,
    resolver: Resolver,
    takings: Takings,
    burials: Burials,
    alarm: Alarm,
    nowMs: () => number,
  ) {
    this.#store = new DeletionStore(storage.sql);
    this.#jobs = new Jobs(storage.sql);
    this.#sender = new Sender(storage, ledger, burials, alarm, nowMs);
    this.#resolver = resolver;
    this.#gate = new Gate(storage, takings, alarm, nowMs);
    this.#takings = takings;
    this.#burials = burials;
    this.pause = new Pause(nowMs);
    this.#nowMs = nowMs;
    this.#verifier = new Verifier(storage, this.#store, this.#jobs, burials, alarm, nowMs);
  }

  /** Takes the next step of a deletion. Answers with what the caller of it is told. */
  step(number: number, upstream: Upstream): Promise<Interpretation> {
    return this.#step(number, upstream, UNATTENDED);
  }

  /** The same for a deletion whose persons were resolved by the request that waits for it: its first attempt trusts that. */
  stepResolved(number: number, upstream: Upstream, whenBusy: WhenBusy): Promise<Interpretation> {
    return this.#step(number, upstream, { isResolvedNow: true, whenBusy });
  }

  async #step(number: number, upstream: Upstream, manner: Manner): Promise<Interpretation> {
    const answer = await this.alone(number, () => this.#take(number, upstream, manner));
    await this.catchUp();
    return answer;
  }

  async #take(number: number, upstream: Upstream, manner: Manner): Promise<Interpretation> {
    const job = this.#jobs.at(number);
    switch (job.state) {
      case 'held':
        return this.#release({ ...job, state: job.state }, upstream, manner);
      case 'sending':
        return this.#sendChunks({ ...job, state: job.state }, upstream, manner);
      case 'settling':
        await this.#verifier.step({ ...job, state: job.state }, upstream);
        return heldInterpretation(LONGEST_WAIT_MS);
      case 'resolving':
        return this.#resolve({ ...job, state: job.state }, upstream);
      case 'previewed':
        this.#resolver.expire({ ...job, state: job.state });
        return heldInterpretation(LONGEST_WAIT_MS);
      case 'done':
      case 'nobody':
      case 'failed':
      case 'cancelled':
        throw new Error(`nothing is to be done for a deletion that is ${job.state}`);
    }
  }

  /** Makes a deletion due that was just written down, and asks the fuse, so that its caller can be told. Sends nothing yet. */
  async start(number: number, upstream: Upstream): Promise<void> {
    this.#gate.makeDue(number);
    await this.alone(number, async () => {
      const job = this.#jobs.at(number);
      if (job.state === 'held') await this.#gate.open({ ...job, state: job.state }, upstream);
    });
  }

  /** Tells the other objects what has ended here: its tombstones are over, and what was not deleted is not taken. */
  async catchUp(): Promise<void> {
    await Promise.all([this.#burials.endOver(), this.#takings.giveBack()]);
  }

  /** Is there anything that they could not be told? */
  get isBehind(): boolean {
    return this.#burials.isBehind || this.#takings.isBehind;
  }

  /** Does something with a deletion of which no step is being taken meanwhile. */
  async alone<T>(number: number, work: () => Promise<T>): Promise<T> {
    const { promise: end, resolve: tellEnd } = Promise.withResolvers<void>();
    this.#inFlight.set(number, end);
    try {
      return await work();
    } finally {
      this.#inFlight.delete(number);
      tellEnd();
    }
  }

  /** True while a step of the deletion is being taken. */
  isBusy(number: number): boolean {
    return this.#inFlight.has(number);
  }

  /** Waits for the end of the step that is being taken, if one is. */
  async quiet(number: number): Promise<void> {
    await this.#inFlight.get(number);
  }

  /** Takes the next step of what is due, unless PostHog asked to be left alone. @throws where a step failed, after all others were taken. */
  async stepDue(upstream: Upstream): Promise<void> {
    if (this.pause.isOn) return;
    const due = this.#store
      .due(this.#nowMs(), STEPS_AT_ONCE + this.#inFlight.size)
      .filter((number) => !this.#inFlight.has(number))
      .slice(0, STEPS_AT_ONCE);
    const taken = await Promise.allSettled(due.map((number) => this.step(number, upstream)));
    await this.catchUp();
    if (taken.some((each) => each.status === 'rejected')) throw new Error('a step could not be taken');
  }

  async #resolve(job: JobAt<'resolving'>, upstream: Upstream): Promise<Interpretation> {
    await this.#resolver.resolve(job, upstream);
    const after = this.#jobs.at(job.number);
    return after.state === 'held'
      ? this.#release({ ...after, state: after.state }, upstream, UNATTENDED)
      : heldInterpretation(LONGEST_WAIT_MS);
  }

  /** Sends what is no longer held. */
  async #release(job: JobAt<'held'>, upstream: Upstream, manner: Manner): Promise<Interpretation> {
    const released = await this.#gate.open(job, upstream);
    return released === null
      ? heldInterpretation(FUSE_WAIT_MS)
      : this.#sendChunks(released, upstream, manner);
  }

  /** Sends chunk after chunk, until one is not accepted or the step has taken long enough. */
  async #sendChunks(job: JobAt<'sending'>, upstream: Upstream, manner: Manner): Promise<Interpretation> {
    const startedAt = this.#nowMs();
    for (;;) {
      const { answer, goesOn } = await this.#sender.attempt(job, upstream, manner);
      if (!goesOn || this.pause.isOn || this.#nowMs() - startedAt > STEP_MS_MAX) return answer;
    }
  }
}
