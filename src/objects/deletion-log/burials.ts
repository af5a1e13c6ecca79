/** Hides the persons of a deletion from every token of the gateway, from before they are sent until the deletion has ended. */
import * as z from 'zod/mini';
import { removesProfiles, type Deletion, type DeletionTarget } from '../../catalogue/deletion.ts';
import { DeletionId, PersonUuid, ProjectId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Placement } from '../../core/placement.ts';
import type { Tombstone } from '../../core/shield/tombstones.ts';
import { logShieldFailure } from '../console.ts';
import { objectNamed, reachAgain, type Objects, type Remote } from '../remote.ts';
import { within } from '../within.ts';
import type { Shield } from '../shield/shield.ts';
import type { CallTeller } from '../../upstream/share/told.ts';
import { JsonColumn } from './entry.ts';
import { END_STATES } from './job/job.ts';

/** Who keeps the tombstones of all projects. */
export interface TombstoneKeeper {
  /**
   * Answers once nobody is shown their persons any more, with how many of the tombstones it keeps, from the first on:
   * fewer than all where the project has as many as it may.
   */
  readonly bury: (projectId: ProjectId, tombstones: readonly Tombstone[]) => Promise<number>;
  /** Ends the tombstones whose key begins so. */
  readonly end: (projectId: ProjectId, prefix: string) => Promise<unknown>;
  /** Something of the project was changed that no tombstone hides. Answers once no earlier answer is given again. */
  readonly forget: (projectId: ProjectId) => Promise<void>;
  /** Told when a keeper cannot be reached. */
  readonly unreachable: (error: unknown) => void;
}

/** The shields of all projects. */
export const shieldKeeper = (shields: Objects<Shield>, placement: Placement): TombstoneKeeper => {
  const reach = <T>(projectId: ProjectId, ask: (shield: Remote<Shield>) => Promise<T>): Promise<T> =>
    within(
      LIMITS.objectWaitMsMax,
      reachAgain(() => ask(objectNamed(shields, String(projectId), placement))),
    );
  return {
    bury: (projectId, tombstones) => reach(projectId, (shield) => shield.bury(tombstones)),
    end: (projectId, prefix) => reach(projectId, (shield) => shield.endTombstones(prefix)),
    forget: (projectId) => reach(projectId, (shield) => shield.forgetAnswers()),
    unreachable: logShieldFailure,
  };
};

/** Tells the shields of all projects what the log asks PostHog. A shield out of reach holds nothing up. */
export const shieldTeller =
  (shields: Objects<Shield>, placement: Placement): CallTeller =>
  (projectId, calls, newest, kind) => {
    objectNamed(shields, String(projectId), placement).report(calls, newest, kind).catch(logShieldFailure);
  };

const Buried = lazily(() => z.object({ entry: z.int(), id: DeletionId, project_id: ProjectId }));
const Chunk = lazily(() => z.object({ chunk: z.int(), ids: z.pipe(JsonColumn, z.array(z.string())) }));

/** Null for the number of a person, which lists do not show: PostHog deletes a single person before it answers. */
function namesOf(target: DeletionTarget): Pick<Tombstone, 'by' | 'ids'> | null {
  if (target.kind !== 'person') return { by: target.kind, ids: target.ids };
  const uuid = PersonUuid.safeParse(target.ids[0]);
  return uuid.success ? { by: 'uuids', ids: [uuid.data] } : null;
}

const prefixOf = (id: DeletionId): string => `${id}/`;

/** Chunks behind the one that is sent next whose persons are hidden with its own: one call to the keeper for ten chunks. */
export const CHUNKS_AHEAD = 9;

export class Burials {
  readonly #sql: SqlStorage;
  readonly #keeper: TombstoneKeeper;
  readonly #gone = new Set<number>();
  /** The last chunk of each deletion whose persons this instance has hidden. After a restart they are hidden once more. */
  readonly #lastBuried = new Map<number, number>();

  constructor(sql: SqlStorage, keeper: TombstoneKeeper) {
    this.#sql = sql;
    this.#keeper = keeper;
  }

  /**
   * Hides the persons of a chunk, and of as many chunks behind it as `ahead` says, as these were asked for. False where
   * the project has as many tombstones as it may: the chunk is not to be sent now. A keeper out of reach holds no
   * deletion up; its persons may be shown until PostHog has deleted them.
   */
  async bury(number: number, chunk: number, deletion: Deletion, ahead: number): Promise<boolean> {
    if (!removesProfiles(deletion) || deletion.target.ids.length === 0) return true;
    const named = namesOf(deletion.target);
    if (named === null) return true;
    this.#gone.delete(number);
    if (chunk <= (this.#lastBuried.get(number) ?? -1)) return true;
    const [row] = this.#rows('SELECT entry, id, project_id FROM intents WHERE entry = ?', number);
    const { id, project_id: projectId } = Buried().parse(row);
    // Written first: what is buried and not written down would be hidden for a week.
    this.#rows('INSERT INTO buried VALUES (?) ON CONFLICT DO NOTHING', number);
    const chunks = [{ chunk, ids: named.ids }, ...this.#behind(number, chunk, ahead)];
    const tombstones = chunks.map((each) => ({
      key: `${prefixOf(id)}${each.chunk}`,
      by: named.by,
      ids: each.ids,
    }));
    try {
      const kept = await this.#keeper.bury(projectId, tombstones);
      if (kept > 0) this.#lastBuried.set(number, chunk + kept - 1);
      return kept > 0;
    } catch (error) {
      this.#keeper.unreachable(error);
      return true;
    }
  }

  #behind(number: number, chunk: number, count: number): readonly z.output<ReturnType<typeof Chunk>>[] {
    if (count === 0) return [];
    return this.#rows(
      'SELECT chunk, ids FROM chunks WHERE entry = ? AND chunk > ? ORDER BY chunk LIMIT ?',
      number,
      chunk,
      count,
    ).map((row) => Chunk().parse(row));
  }

  /**
   * PostHog was sent a deletion: what no tombstone hides is in no answer that is given again. `hidden`: whether the tombstones
   * that `bury` has made, where it could, name all of its persons or some.
   */
  async forget(number: number, chunk: number, deletion: Deletion, hidden: 'all' | 'some'): Promise<void> {
    const isBuried = removesProfiles(deletion) && chunk <= (this.#lastBuried.get(number) ?? -1);
    if (isBuried && hidden === 'all') return;
    await this.#keeper.forget(deletion.projectId).catch(this.#keeper.unreachable);
  }

  /** The persons of a deletion are gone, so that its tombstones are over. An object that restarts finds that out again. */
  markGone(number: number): void {
    this.#gone.add(number);
  }

  /**
   * Ends the tombstones that are over, those of deletions that have ended among them. What cannot be ended now stays to
   * be ended.
   */
  async endOver(): Promise<void> {
    for (const row of this.#over()) {
      const { entry, id, project_id: projectId } = Buried().parse(row);
      try {
        await this.#keeper.end(projectId, prefixOf(id));
        this.#rows('DELETE FROM buried WHERE entry = ?', entry);
        this.#gone.delete(entry);
        this.#lastBuried.delete(entry);
      } catch (error) {
        this.#keeper.unreachable(error);
      }
    }
  }

  /** Are there tombstones that are over and have not been ended? */
  get isBehind(): boolean {
    return this.#over().length > 0;
  }

  #over() {
    return this.#rows(
      `SELECT b.entry, i.id, i.project_id FROM buried b JOIN intents i ON i.entry = b.entry
      WHERE b.entry IN (SELECT value FROM json_each(?)) OR EXISTS (
        SELECT 1 FROM transitions t WHERE t.entry = b.entry AND t.state IN (SELECT value FROM json_each(?)))`,
      JSON.stringify([...this.#gone]),
      JSON.stringify(END_STATES),
    );
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
