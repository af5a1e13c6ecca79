/** The parts of a deletion log over one storage, put together once per object. */
import type { Random } from '../../core/ids.ts';
import { Alarm } from './alarm.ts';
import { Answers } from './answers.ts';
import { IdKeeping } from './audit/id-keeping.ts';
import { Minters } from './audit/minters.ts';
import { Refusals } from './audit/refusals.ts';
import { Ledger } from './budget/ledger.ts';
import { Burials, type TombstoneKeeper } from './burials.ts';
import { Decisions } from './decisions.ts';
import { Intents } from './intents/intents.ts';
import { Orders, type AskTenant } from './intents/orders.ts';
import { Previews } from './resolving/previews.ts';
import { Takings, type FuseKeeper } from './releasing/takings.ts';
import { Resolver } from './resolving/resolver.ts';
import { DeletionRunner } from './runner.ts';
import { DeletionReader } from './storage/reader.ts';
import { Registrations } from './storage/registrations.ts';
import { DeletionResolutions } from './storage/resolutions.ts';
import { DeletionStore } from './storage/store.ts';
import { Views } from './views.ts';

/** What a log asks of the world around it. */
export interface Surroundings {
  readonly tombstones: TombstoneKeeper;
  readonly fuse: FuseKeeper;
  readonly askTenant: AskTenant;
  readonly nowMs: () => number;
  readonly random: Random;
}

export type LogParts = ReturnType<typeof partsOf>;

/** The tables have to be there: `migrate` comes first. */
export function partsOf(storage: DurableObjectStorage, surroundings: Surroundings) {
  const { tombstones, fuse, askTenant, nowMs, random } = surroundings;
  const { sql } = storage;
  const store = new DeletionStore(sql);
  const reader = new DeletionReader(sql);
  const refusals = new Refusals(storage);
  const resolutions = new DeletionResolutions(sql);
  const registrations = new Registrations(sql);
  const ledger = new Ledger(store);
  const alarm = new Alarm(storage);
  const minters = new Minters(sql);
  const keeping = new IdKeeping(storage, alarm, nowMs);
  const intents = new Intents(storage, registrations, ledger, alarm, { nowMs, random });
  const burials = new Burials(sql, tombstones);
  const takings = new Takings(sql, store, fuse);
  const resolver = new Resolver(storage, ledger, alarm, nowMs);
  const runner = new DeletionRunner(storage, ledger, resolver, takings, burials, alarm, nowMs);
  return {
    alarm,
    answers: new Answers(reader, ledger, registrations, nowMs),
    decisions: new Decisions(storage, ledger, alarm, runner, minters),
    intents,
    keeping,
    orders: new Orders(intents, registrations, refusals, minters, keeping, { askTenant, nowMs }),
    previews: new Previews(storage, runner, resolver, nowMs),
    registrations,
    resolutions,
    runner,
    store,
    views: new Views(reader, refusals, registrations, resolutions),
  };
}
