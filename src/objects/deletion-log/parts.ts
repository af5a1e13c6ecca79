/** The parts of a deletion log over one storage, put together once per object. */
import type { Random } from '../../core/ids.ts';
import type { Placement } from '../../core/placement.ts';
import type { PostHogClient } from '../../upstream/client.ts';
import { tellFailures } from '../../upstream/tell-failures.ts';
import type { Alarms } from '../alarms/alarms.ts';
import { alarmRaiser, type RaiseAlarms } from '../alarms/raise.ts';
import type { Fuse } from '../fuse/fuse.ts';
import type { Objects } from '../remote.ts';
import type { Shield } from '../shield/shield.ts';
import { Alarm } from './alarm.ts';
import { Answers } from './answers.ts';
import { IdKeeping } from './audit/id-keeping.ts';
import { Minters } from './audit/minters.ts';
import { Refusals } from './audit/refusals.ts';
import { Ledger } from './budget/ledger.ts';
import { Burials, shieldKeeper, type TombstoneKeeper } from './burials.ts';
import { Decisions } from './decisions.ts';
import { Intents } from './intents/intents.ts';
import { Orders, type AskTenant } from './intents/orders.ts';
import { Previews } from './resolving/previews.ts';
import { fuseKeeper, Takings, type FuseKeeper } from './releasing/takings.ts';
import { Resolver } from './resolving/resolver.ts';
import { DeletionRunner } from './runner.ts';
import { DeletionReader } from './storage/reader.ts';
import { Registrations } from './storage/registrations.ts';
import { DeletionResolutions } from './storage/resolutions.ts';
import { DeletionStore } from './storage/store.ts';
import { Notices } from './telling/notices.ts';
import { Views } from './views.ts';

/** What a log asks of the world around it. */
export interface Surroundings {
  readonly tombstones: TombstoneKeeper;
  readonly fuse: FuseKeeper;
  readonly raise: RaiseAlarms;
  readonly askTenant: AskTenant;
  readonly nowMs: () => number;
  readonly random: Random;
}

/** The other objects that a log tells of what it does. */
export interface KeeperObjects {
  readonly SHIELD: Objects<Shield>;
  readonly FUSE: Objects<Fuse>;
  readonly ALARMS: Objects<Alarms>;
}

export const keepersOf = (
  { SHIELD, FUSE, ALARMS }: KeeperObjects,
  placement: Placement,
): Pick<Surroundings, 'tombstones' | 'fuse' | 'raise'> => ({
  tombstones: shieldKeeper(SHIELD, placement),
  fuse: fuseKeeper(FUSE, placement),
  raise: alarmRaiser(ALARMS, placement),
});

export type LogParts = ReturnType<typeof partsOf>;

/** The tables have to be there: `migrate` comes first. */
export function partsOf(storage: DurableObjectStorage, surroundings: Surroundings) {
  const { tombstones, fuse, raise, askTenant, nowMs, random } = surroundings;
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
  const notices = new Notices(sql, store, alarm, { raise, nowMs });
  return {
    alarm,
    answers: new Answers(reader, ledger, registrations, (number) => runner.quiet(number), nowMs),
    decisions: new Decisions(storage, ledger, alarm, runner, minters),
    /** The same client of PostHog; what it says of its limits and of the key is heard. */
    heard: (posthog: PostHogClient) =>
      tellFailures(posthog, (failure) => {
        runner.pause.hear(failure);
        notices.hear(failure);
      }),
    intents,
    keeping,
    notices,
    orders: new Orders(intents, registrations, refusals, minters, keeping, { askTenant, nowMs }),
    previews: new Previews(storage, runner, resolver, nowMs),
    registrations,
    resolutions,
    runner,
    store,
    views: new Views(reader, refusals, registrations, resolutions),
  };
}
