/** Lets a deletion that is held go on to be sent, once neither its own rules nor the operator's fuse hold it. */
import type { Alarm } from '../alarm.ts';
import type { HoldReason } from '../job/hold.ts';
import { holdsOf, isFuseBlown, lookAgainAt } from '../job/holds.ts';
import type { Upstream } from '../send.ts';
import { Jobs, type JobAt } from '../storage/jobs.ts';
import { DeletionStore } from '../storage/store.ts';
import type { Takings } from './takings.ts';

/** Milliseconds until the fuse is asked again about a deletion that it did not let through. */
export const FUSE_WAIT_MS = 30_000;

const FUSE_NOTE =
  "The operator's fuse has tripped: all tenants together were to delete more persons in a day than the operator allows. " +
  'Nothing of this deletion was sent. It goes on by itself once the operator has reset the fuse; until then it can be cancelled.';

export class Gate {
  readonly #storage: DurableObjectStorage;
  readonly #store: DeletionStore;
  readonly #jobs: Jobs;
  readonly #takings: Takings;
  readonly #alarm: Alarm;
  readonly #nowMs: () => number;

  constructor(storage: DurableObjectStorage, takings: Takings, alarm: Alarm, nowMs: () => number) {
    this.#storage = storage;
    this.#store = new DeletionStore(storage.sql);
    this.#jobs = new Jobs(storage.sql);
    this.#takings = takings;
    this.#alarm = alarm;
    this.#nowMs = nowMs;
  }

  /** The alarm takes the deletion up at once. */
  makeDue(number: number): void {
    this.#storage.transactionSync(() => {
      this.#later(number, null, this.#nowMs());
    });
  }

  /** The deletion as it is to be sent; null where it stays held, to be looked at again. */
  async open(
    job: JobAt<'held'>,
    { fusePersonsPerDay }: Pick<Upstream, 'fusePersonsPerDay'>,
  ): Promise<JobAt<'sending'> | null> {
    const { number } = job;
    const events = this.#jobs.events(number);
    const holds = holdsOf(this.#jobs.facts(number), events, this.#nowMs());
    if (holds.length > 0) {
      this.#later(number, null, lookAgainAt(holds, this.#nowMs()));
      return null;
    }
    const fuse = fusePersonsPerDay === null ? 'taken' : await this.#takings.take(number, fusePersonsPerDay);
    const now = this.#nowMs();
    const wasBlown = isFuseBlown(events);
    return this.#storage.transactionSync(() => {
      switch (fuse) {
        case 'taken':
          return this.#release(job, wasBlown, now);
        case 'tripped':
          if (!wasBlown) this.#jobs.move(job, 'fuse_blown', now, 'gateway', FUSE_NOTE);
          return this.#later(number, 'fuse', now + FUSE_WAIT_MS);
        case 'unreachable':
          return this.#later(number, wasBlown ? 'fuse' : 'fuse_unreachable', now + FUSE_WAIT_MS);
      }
    });
  }

  #release(job: JobAt<'held'>, wasBlown: boolean, now: number): JobAt<'sending'> {
    const whole = wasBlown ? this.#jobs.move(job, 'fuse_reset', now) : job;
    const released = this.#jobs.move({ ...whole, state: 'held' }, 'released', now);
    return { ...released, state: 'sending' };
  }

  #later(number: number, why: HoldReason | null, dueAt: number): null {
    this.#store.hold(number, why, dueAt);
    this.#alarm.armBy(dueAt);
    return null;
  }
}
