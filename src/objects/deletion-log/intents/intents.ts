/** Writes deletions down: who asked for what, what it spends, and what holds it, in one transaction. */
import type { DeletionId, Random } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { Interpretation } from '../../../upstream/interpret.ts';
import type { Alarm } from '../alarm.ts';
import { recordRequester } from '../audit/requesters.ts';
import type { Budget } from '../budget/budget.ts';
import type { Ledger } from '../budget/ledger.ts';
import { distinct } from '../digest.ts';
import type { DeletionOrder } from '../entry.ts';
import { deletionIdOf, nextNumber } from '../id.ts';
import { chunksOf, factsOf, firstDue, mustWait } from '../job/facts.ts';
import { settleEmpty } from '../job/settle.ts';
import { Paces } from '../pace/pace.ts';
import { isSelection } from '../resolving/selection.ts';
import { emptyDeletionReply, heldReply, type Upstream } from '../send.ts';
import { reused, type Keyed } from './keyed.ts';
import type { PreparedOrder } from './prepare.ts';
import { IdempotencyKeys, sameSince } from '../storage/repeats.ts';
import { Jobs } from '../storage/jobs.ts';
import type { Registrations } from '../storage/registrations.ts';
import { DeletionResolutions } from '../storage/resolutions.ts';
import { Selections } from '../storage/selections.ts';
import { DeletionStore } from '../storage/store.ts';
import { followEnd, noteBudget } from '../telling/note.ts';

export interface WrittenIntent {
  readonly number: number;
  readonly id: DeletionId;
  /** What its caller is told, where nothing is sent now. */
  readonly told: Interpretation | null;
  readonly likelyRepeatOf: DeletionId | null;
}

/** The earlier deletion that the idempotency key stands for. */
export interface Replayed {
  readonly replayed: number;
}

/** The clock and the dice of the object. */
export interface World {
  readonly nowMs: () => number;
  readonly random: Random;
}

export class Intents {
  readonly #storage: DurableObjectStorage;
  readonly #store: DeletionStore;
  readonly #jobs: Jobs;
  readonly #resolutions: DeletionResolutions;
  readonly #selections: Selections;
  readonly #registrations: Registrations;
  readonly #keys: IdempotencyKeys;
  readonly #paces: Paces;
  readonly #ledger: Ledger;
  readonly #alarm: Alarm;
  readonly #world: World;

  constructor(
    storage: DurableObjectStorage,
    registrations: Registrations,
    ledger: Ledger,
    alarm: Alarm,
    world: World,
  ) {
    const { sql } = storage;
    this.#storage = storage;
    this.#store = new DeletionStore(sql);
    this.#jobs = new Jobs(sql);
    this.#resolutions = new DeletionResolutions(sql);
    this.#selections = new Selections(sql);
    this.#registrations = registrations;
    this.#keys = new IdempotencyKeys(sql);
    this.#paces = new Paces(sql);
    this.#ledger = ledger;
    this.#alarm = alarm;
    this.#world = world;
  }

  /**
   * Writes the intent; of a deletion of no persons the outcome too, so that nothing can come between the two. Fails with
   * the refusal of the order, `deletion_budget_exhausted`, `deletion_exceeds_budget` or `idempotency_key_reused`, with
   * nothing written. A request whose key stands for an earlier deletion is that one, whatever would be said of a new one.
   */
  write(prepared: PreparedOrder, upstream: Upstream): Result<WrittenIntent | Replayed> {
    const { order, keyed, refusal } = prepared;
    const now = this.#world.nowMs();
    const earlier = keyed === null ? null : this.replay(keyed, now);
    if (earlier !== null) return earlier;
    if (refusal !== null) return err(refusal);
    const persons = isSelection(order) ? 0 : distinct(order.deletion.target.ids).length;
    const since = this.#registrations.chargedSince(order.registration);
    const exhausted = this.#ledger.check(order.budgets, persons, since, now);
    if (exhausted !== null) return err(exhausted);
    const written = isSelection(order)
      ? this.#writeSelection(prepared, now, upstream)
      : this.#write(prepared, persons, now, upstream);
    const tokens = [...order.ancestors, order.token];
    this.#ledger.add({ number: written.number, at: null, persons, tokens });
    this.#noteBudget(written.number, persons, order.budgets, since, now);
    return ok(written);
  }

  /** An alarm that tells of a low budget rings at once. */
  #noteBudget(number: number, persons: number, budgets: readonly Budget[], since: number, now: number): void {
    if (persons === 0) return;
    const isLow = noteBudget(this.#storage.sql, number, this.#ledger.statuses(budgets, since, now));
    if (isLow) this.#alarm.armBy(now);
  }

  /** The deletion that a key stands for; `idempotency_key_reused` where that is another; null where the key is new. */
  replay({ key, fingerprint }: Keyed, now: number): Result<Replayed> | null {
    const used = this.#keys.find(key, now);
    if (used === null) return null;
    return used.fingerprint === fingerprint ? ok({ replayed: used.entry }) : err(reused());
  }

  /** Writes a deletion down whose persons the alarm has yet to find. */
  #writeSelection(
    { order, digest, keyed, names }: PreparedOrder,
    now: number,
    { origin }: Upstream,
  ): WrittenIntent {
    const number = nextNumber(this.#store.newest(), now);
    const id = deletionIdOf(number, this.#world.random);
    const chunked = chunksOf(order.deletion.target).length > 1;
    const likelyRepeatOf =
      keyed === null && order.preview === undefined ? this.#repeatOf(order, digest, now) : null;
    try {
      return this.#storage.transactionSync(() => {
        this.#registrations.begin(order.registration, number);
        this.#recordRequester(order, names);
        this.#store.intend({ number, id, at: now, order, digest, origin, dueAt: now, chunked });
        this.#selections.record(number, order);
        if (order.isFollowed === true) followEnd(this.#storage.sql, number);
        this.#paces.record(number, order.paces ?? []);
        if (keyed !== null) this.#keys.record(number, keyed, now);
        this.#alarm.armBy(now);
        return { number, id, told: null, likelyRepeatOf };
      });
    } catch (defect) {
      this.#registrations.forget();
      this.#keys.forget();
      throw defect;
    }
  }

  #repeatOf(order: DeletionOrder, digest: string, now: number): DeletionId | null {
    return sameSince(this.#storage.sql, now - LIMITS.likelyRepeatMsMax, order, digest);
  }

  #recordRequester(
    { token, ancestors, actor = null }: DeletionOrder,
    names: readonly (string | null)[],
  ): void {
    recordRequester(this.#storage.sql, { token, ancestors, actor }, names);
  }

  #write(
    { order, digest, keys, keyed, names }: PreparedOrder,
    persons: number,
    now: number,
    upstream: Upstream,
  ): WrittenIntent {
    const { resolved, deletion, registration } = order;
    const number = nextNumber(this.#store.newest(), now);
    const id = deletionIdOf(number, this.#world.random);
    const lists = chunksOf(deletion.target);
    const chunked = lists.length > 1;
    const facts = factsOf(order, persons, lists.length, upstream, now);
    const likelyRepeatOf = keyed === null ? this.#repeatOf(order, digest, now) : null;
    const nothingToSend = persons === 0 && resolved !== undefined;
    const dueAt = nothingToSend ? null : firstDue(facts, now, upstream.timeoutMs);
    try {
      return this.#storage.transactionSync(() => {
        this.#registrations.begin(registration, number);
        this.#recordRequester(order, names);
        this.#store.intend({ number, id, at: now, order, digest, origin: upstream.origin, dueAt, chunked });
        this.#jobs.record(number, facts, chunked ? lists : []);
        if (order.isFollowed === true) followEnd(this.#storage.sql, number);
        this.#paces.record(number, nothingToSend ? [] : (order.paces ?? []));
        if (keyed !== null) this.#keys.record(number, keyed, now);
        if (resolved !== undefined) this.#resolutions.record(number, deletion, resolved, keys);
        if (dueAt !== null) {
          this.#alarm.armBy(dueAt);
          const told = mustWait(facts) ? heldReply(deletion, persons) : null;
          return { number, id, told, likelyRepeatOf };
        }
        const answer = emptyDeletionReply(upstream.generation);
        this.#store.settle({ number, chunk: 0, attempt: 0, startedAt: now }, settleEmpty(answer), now);
        this.#jobs.move({ number, state: 'sending', step: 0 }, 'matched_none', now);
        return { number, id, told: answer, likelyRepeatOf };
      });
    } catch (defect) {
      this.#registrations.forget();
      this.#keys.forget();
      throw defect;
    }
  }
}
