/** What the deletions of this log have taken of the operator's fuse, which counts those of all tenants. */
import * as z from 'zod/mini';
import { lazily } from '../../../core/lazily.ts';
import type { Placement } from '../../../core/placement.ts';
import { DeletionId, TenantId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { logFuseFailure } from '../../console.ts';
import { FUSE_NAME, type Fuse, type FuseAsk, type FusedDeletion } from '../../fuse/fuse.ts';
import { objectNamed, type Objects } from '../../remote.ts';
import { within } from '../../within.ts';
import { END_STATES } from '../job/job.ts';
import type { DeletionStore } from '../storage/store.ts';

/** Who keeps the fuse. */
export interface FuseKeeper {
  /** True where the deletion may be sent; its persons are taken then, once. */
  readonly take: (ask: FuseAsk) => Promise<boolean>;
  /** So many of the persons count from now on, and no more. */
  readonly giveBack: (deletion: FusedDeletion, left: number) => Promise<unknown>;
  /** Told when the keeper cannot be reached. */
  readonly unreachable: (error: unknown) => void;
}

/** The one fuse of the gateway. */
export const fuseKeeper = (fuses: Objects<Fuse>, placement: Placement): FuseKeeper => ({
  take: (ask) => within(LIMITS.objectWaitMsMax, objectNamed(fuses, FUSE_NAME, placement).take(ask)),
  giveBack: (deletion, left) => objectNamed(fuses, FUSE_NAME, placement).giveBack(deletion, left),
  unreachable: logFuseFailure,
});

const Named = lazily(() => z.object({ id: DeletionId, tenant: TenantId }));
const Taken = lazily(() =>
  z.extend(Named(), { entry: z.int(), left: z.int(), told: z.int(), over: z.int() }),
);

/** States from which a deletion gives nothing back any more. */
const OVER_STATES = JSON.stringify(['settling', ...END_STATES]);

const BEHIND = `
  SELECT * FROM (
    SELECT f.entry, i.id, i.tenant, f.told,
      f.persons - coalesce((SELECT sum(persons) FROM releases WHERE entry = f.entry), 0) AS left,
      EXISTS (SELECT 1 FROM transitions t WHERE t.entry = f.entry
        AND t.state IN (SELECT value FROM json_each(?))) AS over
    FROM fused f JOIN intents i ON i.entry = f.entry)
  WHERE left < told OR over`;

export class Takings {
  readonly #sql: SqlStorage;
  readonly #store: DeletionStore;
  readonly #keeper: FuseKeeper;

  constructor(sql: SqlStorage, store: DeletionStore, keeper: FuseKeeper) {
    this.#sql = sql;
    this.#store = store;
    this.#keeper = keeper;
  }

  /** Takes the persons of a deletion, of which nothing was sent yet. Where the fuse does not answer, nothing may be sent. */
  async take(number: number, personsPerDay: number): Promise<'taken' | 'tripped' | 'unreachable'> {
    const persons = this.#store.charged(number);
    const [row] = this.#rows('SELECT id, tenant FROM intents WHERE entry = ?', number);
    const { id: deletion, tenant } = Named().parse(row);
    // Written first: what was taken and is not written down would never be given back.
    this.#rows('INSERT INTO fused VALUES (?, ?, ?) ON CONFLICT DO NOTHING', number, persons, persons);
    try {
      if (await this.#keeper.take({ tenant, deletion, persons, personsPerDay })) return 'taken';
      this.#forget(number);
      return 'tripped';
    } catch (error) {
      this.#keeper.unreachable(error);
      return 'unreachable';
    }
  }

  /** Gives back what was taken for persons who were not deleted. What cannot be given back now stays to be. */
  async giveBack(): Promise<void> {
    for (const { entry, id: deletion, tenant, left, told, over } of this.#behind()) {
      try {
        if (left < told) await this.#keeper.giveBack({ tenant, deletion }, left);
        if (over === 1) this.#forget(entry);
        else this.#rows('UPDATE fused SET told = ? WHERE entry = ?', left, entry);
      } catch (error) {
        this.#keeper.unreachable(error);
      }
    }
  }

  /** Is there anything that has not been given back? */
  get isBehind(): boolean {
    return this.#behind().length > 0;
  }

  #behind(): z.output<ReturnType<typeof Taken>>[] {
    return this.#rows(BEHIND, OVER_STATES).map((row) => Taken().parse(row));
  }

  #forget(number: number): void {
    this.#rows('DELETE FROM fused WHERE entry = ?', number);
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
