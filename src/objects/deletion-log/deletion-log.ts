import { DurableObject } from 'cloudflare:workers';
import type { Deletion } from '../../catalogue/deletion.ts';
import { DeletionId, type Random } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import { refusalOf, weighs, WINDOW_MS, type Charge } from './budget.ts';
import { digestOf, distinct } from './digest.ts';
import { keysOf, resettable, type DistinctIdKey } from './reset-scope.ts';
import {
  askedOf,
  type Carried,
  type DeletionDetail,
  type DeletionEntry,
  type DeletionOrder,
  type ResetScope,
} from './entry.ts';
import { deletionIdOf, instantOf, nextNumber } from './id.ts';
import { heldBack, obstacleTo, type Addressed, type Obstacle } from './hold.ts';
import { DeletionResolutions } from './resolutions.ts';
import { LONGEST_WAIT_MS, overdueAfter, waitAfter } from './backoff.ts';
import { DELETION_STEPS } from './schema.ts';
import { replyOfNobody, sendDeletion, upstreamOf, type Upstream } from './send.ts';
import { settle, type Reply, type Settlement } from './settle.ts';
import { DeletionStore, type Attempt, type Unsettled } from './store.ts';
import { migrate } from '../migrations.ts';

export type { Carried, DeletionDetail, DeletionEntry, DeletionOrder, ResetScope, Resolved } from './entry.ts';

/** Entries one alarm sends at once: below the six connections an object may have waiting for an answer. */
const SENT_AT_ONCE = 5;
/** Milliseconds between two alarms with work left over: a backlog asks PostHog 300 times a minute at most, of its 480. */
const PAUSE_MS = 1000;
/** Milliseconds until the next alarm after one that could not do its work. */
const TROUBLE_PAUSE_MS = 60_000;

/** An order, and what had to be computed for it before anything can be written at once. */
interface Decided {
  readonly order: DeletionOrder;
  readonly digest: string;
  readonly keys: readonly DistinctIdKey[];
}

interface Intended {
  readonly number: number;
  readonly id: DeletionId;
  /** What is answered where nothing is to be sent. */
  readonly settled: Interpretation | null;
}

const random: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/**
 * One per tenant: the append-only record of its deletions, and the machine that carries them out.
 *
 * intent → attempt → send → outcome. The intent is durable before PostHog hears of it, because the platform lets no
 * message out before the writes made ahead of it are. An attempt whose end nobody knows leaves the entry `unknown`;
 * the alarm sends it again until PostHog says what it made of it. Sending again does no harm: PostHog ignores ids that
 * are gone. It would do harm to another PostHog, or one that ignores a flag: from these an entry is held back, `unknown`
 * and in sight, until the configuration fits it again.
 *
 * A delete that goes well writes six rows: intent, open, attempt, outcome, no longer open, and the alarm, which many
 * deletions share. An attempt that settles nothing writes three more; an alarm that makes the next one writes two for
 * it and two for itself, and one for an entry it holds back. A sliced grant's writes one more, and one for each distinct
 * id it is remembered by; where nobody in the slice was meant it is three in all, and PostHog is not asked.
 */
export class DeletionLog extends DurableObject {
  readonly #store: DeletionStore;
  readonly #resolutions: DeletionResolutions;
  /** Being sent by this instance right now. After a restart nothing is. */
  readonly #inFlight = new Set<number>();
  /** What was spent in the last 24 hours, the oldest first; null until it is first needed. */
  #charges: Charge[] | null = null;
  /** When the alarm rings. */
  #armedFor = Infinity;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, DELETION_STEPS);
    this.#store = new DeletionStore(ctx.storage.sql);
    this.#resolutions = new DeletionResolutions(ctx.storage.sql);
    void ctx.blockConcurrencyWhile(async () => {
      this.#armedFor = (await ctx.storage.getAlarm()) ?? Infinity;
    });
  }

  /** PostHog as the environment describes it. A test may describe another. */
  protected upstream(): Result<Upstream> {
    return upstreamOf(this.env, (input, init) => fetch(input, init));
  }

  /**
   * Writes a deletion down, sends it, and says what PostHog made of it; the entry may be unknown then, also where it was
   * held back, which is `deletion_unconfirmed`. Goes on where the caller hangs up.
   *
   * Where a sliced grant asked for nobody in its slice, that is written down and settled, and the answer is PostHog's to
   * ids it does not know; PostHog is not asked.
   *
   * Fails, with nothing written and nothing sent, with `deletion_budget_exhausted`, or with `not_configured`.
   * @throws where the storage fails.
   */
  async carryOut(order: DeletionOrder): Promise<Result<Carried>> {
    const upstream = this.upstream();
    if (!upstream.ok) return upstream;
    const digest = await digestOf(askedOf(order).ids);
    const intent = this.#intend({ order, digest, keys: await keysOf(order) }, upstream.value);
    if (!intent.ok) return intent;
    if (intent.value.settled !== null) {
      return ok({ entry: intent.value.id, interpretation: intent.value.settled });
    }
    const sending = this.#attempt(intent.value.number, upstream.value);
    this.ctx.waitUntil(sending);
    return ok({ entry: intent.value.id, interpretation: await sending });
  }

  /**
   * Entries by age, the newest first, each once however many are added between pages. `before` is the `next` of the
   * page before, null for the first.
   * @throws where `before` is not a deletion id: callers check that first.
   */
  list(page: { limit: number; before: string | null }): { rows: DeletionEntry[]; next: string | null } {
    const before = page.before === null ? null : DeletionId.parse(page.before);
    const found = this.#store.page(before, page.limit + 1);
    const rows = found.slice(0, page.limit);
    return { rows, next: found.length > rows.length ? (rows.at(-1)?.id ?? null) : null };
  }

  /** One entry with its ids, as asked for and as sent; null where the tenant has none of this id. */
  get(id: DeletionId): DeletionDetail | null {
    return this.#store.find(id);
  }

  /**
   * Which of these distinct ids belonged to persons that sliced grants deleted in the project, or may have deleted: all
   * but those of refused entries. Only where every person of the slices then is in the asking grant's (see
   * `coversDeleted`). What was only asked for, and turned out foreign or unknown, is not among them; nor is what an
   * unsliced grant deleted, or one before the log remembered.
   */
  deletedDistinctIds(ids: readonly string[], scope: ResetScope): Promise<string[]> {
    return resettable(ids, scope, this.#resolutions.recall);
  }

  /**
   * Sends what is due once more, one batch a run. Nothing that goes wrong in it leaves: the platform gives an alarm up
   * for good after six throws, and the next alarm is set before anything is tried.
   */
  override async alarm(): Promise<void> {
    let pause = PAUSE_MS;
    try {
      this.#rearm(TROUBLE_PAUSE_MS);
      await this.#sendDue();
    } catch {
      pause = TROUBLE_PAUSE_MS;
    }
    this.#rearm(pause);
  }

  /** Writes the intent; of a deletion that names nobody the outcome too, so that nothing can come between the two. */
  #intend({ order, digest, keys }: Decided, upstream: Upstream): Result<Intended> {
    const now = Date.now();
    const charges = this.#spent(now);
    const persons = distinct(order.deletion.target.ids).length;
    const { resolved } = order;
    const written = this.ctx.storage.transactionSync(() => {
      const exhausted = refusalOf(order.budgets, charges, persons, now);
      if (exhausted !== null) return err(exhausted);
      const number = nextNumber(this.#store.newest(), now);
      const id = deletionIdOf(number, random);
      const dueAt = persons > 0 || resolved === undefined ? now + overdueAfter(upstream.timeoutMs) : null;
      this.#store.intend({ number, id, order, digest, origin: upstream.origin, dueAt });
      if (resolved !== undefined) this.#resolutions.record(number, order.deletion, resolved, keys);
      if (dueAt === null) return ok({ number, id, settled: this.#settleUnsent(number, order, upstream) });
      this.#armBy(dueAt);
      return ok({ number, id, settled: null });
    });
    if (written.ok && persons > 0) {
      charges.push({
        at: instantOf(written.value.number),
        persons,
        tokens: [...order.ancestors, order.token],
      });
    }
    return written;
  }

  #spent(now: number): Charge[] {
    const charges = this.#charges ?? this.#store.chargesSince(now - WINDOW_MS);
    this.#charges = charges.filter((charge) => weighs(charge, now));
    return this.#charges;
  }

  /** The only way to PostHog, the first time and every later one: what is written down is sent, or held back. */
  async #attempt(number: number, upstream: Upstream): Promise<Interpretation> {
    this.#inFlight.add(number);
    try {
      const addressed = this.#addressed(number);
      const obstacle = obstacleTo(addressed, upstream);
      if (obstacle === null) return await this.#send(number, addressed.deletion, upstream);
      this.#hold(number, obstacle);
      return heldBack(LONGEST_WAIT_MS);
    } finally {
      this.#inFlight.delete(number);
    }
  }

  #addressed(number: number): Addressed {
    try {
      return this.#store.addressed(number);
    } catch (defect) {
      // So that an entry that cannot be read does not stand in the way of others.
      this.#hold(number, 'internal_error');
      throw defect;
    }
  }

  /** Nothing is sent, so there is no attempt. The entry is looked at again, as long as it takes. */
  #hold(number: number, why: Obstacle): void {
    const dueAt = Date.now() + LONGEST_WAIT_MS;
    this.#store.hold(number, why, dueAt);
    this.#armBy(dueAt);
  }

  async #send(number: number, deletion: Deletion, upstream: Upstream): Promise<Interpretation> {
    const startedAt = Date.now();
    const attempt = this.#store.begin(number, startedAt, startedAt + overdueAfter(upstream.timeoutMs));
    try {
      const reply = await sendDeletion(upstream, deletion);
      this.#conclude(attempt, reply, settle(deletion, reply, attempt.attempt));
      return reply.interpretation;
    } catch (defect) {
      // Backs off like any other failure, so that one entry that cannot be sent does not stand in the way of others.
      this.#lapse(attempt, { status: null, problem: 'internal_error' }, null);
      throw defect;
    }
  }

  /** Zero attempts were made, and what PostHog would have said is known. */
  #settleUnsent(number: number, { deletion }: DeletionOrder, upstream: Upstream): Interpretation {
    const reply = replyOfNobody(upstream);
    this.#conclude({ number, attempt: 0, startedAt: Date.now() }, reply, settle(deletion, reply, 0));
    return reply.interpretation;
  }

  #conclude(attempt: Attempt, reply: Reply, settlement: Settlement): void {
    if (settlement.state === 'unknown') this.#lapse(attempt, settlement, reply.retryAfterSeconds);
    else this.ctx.storage.transactionSync(() => this.#store.settle(attempt, settlement, Date.now()));
  }

  #lapse(attempt: Attempt, how: Omit<Unsettled, 'state'>, retryAfterSeconds: number | null): void {
    const now = Date.now();
    const dueAt = now + waitAfter(attempt.attempt, retryAfterSeconds);
    this.ctx.storage.transactionSync(() => {
      this.#store.lapse(attempt, how, now, dueAt);
      this.#armBy(dueAt);
    });
  }

  async #sendDue(): Promise<void> {
    const upstream = this.upstream();
    if (!upstream.ok) throw new Error(upstream.failure.code);
    const due = this.#store
      .due(Date.now(), SENT_AT_ONCE + this.#inFlight.size)
      .filter((number) => !this.#inFlight.has(number))
      .slice(0, SENT_AT_ONCE);
    const sent = await Promise.allSettled(due.map((number) => this.#attempt(number, upstream.value)));
    if (sent.some((each) => each.status === 'rejected')) throw new Error('an entry could not be sent');
  }

  /** One alarm serves every entry: where it rings early enough already, nothing is written. */
  #armBy(at: number): void {
    if (at >= this.#armedFor) return;
    this.#armedFor = at;
    void this.ctx.storage.setAlarm(at);
  }

  /** Sets the alarm for whatever is open, at least `pause` milliseconds from now; with nothing open there is none. */
  #rearm(pause: number): void {
    const due = this.#store.earliestDue();
    this.#armedFor = Infinity;
    if (due === null) void this.ctx.storage.deleteAlarm();
    else this.#armBy(Math.max(due, Date.now() + pause));
  }
}
