import { DurableObject } from 'cloudflare:workers';
import { failure, failureUntil, type Failure } from '../../core/failure.ts';
import { DeletionId, type Random, type RegistrationId, type TenantId } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import { migrate } from '../migrations.ts';
import type { Objects } from '../remote.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { Alarm } from './alarm.ts';
import { overdueAfter } from './backoff.ts';
import { checkBudgets } from './budget.ts';
import { ChargeCache } from './charges.ts';
import { digestOf, distinct } from './digest.ts';
import {
  askedOf,
  type DeletionDetail,
  type DeletionEntry,
  type DeletionOrder,
  type DeletionResult,
  type LogView,
  type ResetScope,
} from './entry.ts';
import { deletionIdOf, nextNumber } from './id.ts';
import { DeletionReader, EVERYTHING, type Shown } from './storage/reader.ts';
import { Registrations } from './storage/registrations.ts';
import { distinctIdHasher, type DistinctIdKey } from './distinct-id-key.ts';
import { keysOf, resettable } from './reset-scope.ts';
import { DeletionResolutions } from './storage/resolutions.ts';
import { DeletionRunner } from './runner.ts';
import { DELETION_STEPS } from './storage/schema.ts';
import { emptyDeletionReply, upstreamOf, type Upstream } from './send.ts';
import { settleEmpty } from './settle.ts';
import { DeletionStore } from './storage/store.ts';

export type {
  DeletionDetail,
  DeletionEntry,
  DeletionOrder,
  DeletionResult,
  LogView,
  ResetScope,
} from './entry.ts';

/** Milliseconds between two alarms with work left over: a backlog asks PostHog 300 times a minute at most, of its 480. */
const PAUSE_MS = 1000;
/** Milliseconds until the next alarm after one that could not do its work. */
const TROUBLE_PAUSE_MS = 60_000;
/** Seconds after which a deletion that was not written down may be asked for again. */
const RETRY_AFTER_SECONDS = 5;

/** The binding that the log needs; `readConfig` reads the variables and secrets. */
export interface DeletionLogEnv {
  readonly TENANT: Objects<Tenant>;
}

/** An order, and what had to be computed for it before anything can be written at once. */
interface PreparedOrder {
  readonly order: DeletionOrder;
  readonly digest: string;
  readonly keys: readonly DistinctIdKey[];
}

interface WrittenIntent {
  readonly number: number;
  readonly id: DeletionId;
  /** The answer where nothing is to be sent. */
  readonly settled: Interpretation | null;
}

const nowMs = (): number => Date.now();
const random: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/**
 * One per tenant: the append-only record of its deletions, and what carries them out: intent, attempt, send, outcome.
 * The intent is durable before PostHog hears of it, because the platform lets no message out before the writes made
 * ahead of it are. An attempt whose end is not known leaves the entry `unknown`, and the alarm sends it again.
 */
export class DeletionLog extends DurableObject<DeletionLogEnv> {
  readonly #store: DeletionStore;
  readonly #reader: DeletionReader;
  readonly #resolutions: DeletionResolutions;
  readonly #registrations: Registrations;
  readonly #charges: ChargeCache;
  readonly #alarm: Alarm;
  readonly #runner: DeletionRunner;

  constructor(ctx: DurableObjectState, env: DeletionLogEnv) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(ctx.storage, DELETION_STEPS);
    this.#store = new DeletionStore(sql);
    this.#reader = new DeletionReader(sql);
    this.#resolutions = new DeletionResolutions(sql);
    this.#registrations = new Registrations(sql);
    this.#charges = new ChargeCache((afterMs, since) => this.#store.charges(afterMs, since));
    this.#alarm = new Alarm(ctx.storage);
    this.#runner = new DeletionRunner(ctx.storage, this.#store, this.#alarm, nowMs);
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** PostHog as the environment describes it. A test may describe another. */
  protected upstream(): Result<Upstream> {
    return upstreamOf(this.env, (input, init) => fetch(input, init), nowMs);
  }

  /** The registration of the tenant that is in force now. A test may say another. */
  protected currentRegistration(tenant: TenantId): Promise<RegistrationId | null> {
    return this.env.TENANT.getByName(tenant).registration();
  }

  /**
   * Writes a deletion down, sends it, and answers with what is known of it then, even where the caller hangs up.
   * Fails, with nothing written and nothing sent, with `deletion_budget_exhausted`, `not_configured`, `tenant_unknown`
   * where the registration of the order is no longer in force, or `state_unavailable` where that cannot be asked.
   * @throws where the storage fails.
   */
  async carryOut(order: DeletionOrder): Promise<Result<DeletionResult>> {
    const upstream = this.upstream();
    if (!upstream.ok) return upstream;
    const digest = await digestOf(askedOf(order).ids);
    const keys = await keysOf(order, await distinctIdHasher(upstream.value.keyring));
    const refusal = await this.#checkRegistration(order);
    if (refusal !== null) return err(refusal);
    const intent = this.#intend({ order, digest, keys }, upstream.value);
    if (!intent.ok) return intent;
    const { number, id: entry, settled } = intent.value;
    if (settled !== null) return ok({ entry, interpretation: settled });
    const sending = this.#runner.attempt(number, upstream.value);
    this.ctx.waitUntil(sending);
    return ok({ entry, interpretation: await sending });
  }

  /**
   * Entries by age, the newest first, each once however many are added between pages. `before` is the `next` of the
   * page before, null for the first.
   * @throws where `before` is not a deletion id: callers check that first.
   */
  list(
    page: { limit: number; before: string | null },
    view: LogView,
  ): { rows: DeletionEntry[]; next: string | null } {
    const shown = this.#shownTo(view);
    if (shown === null) return { rows: [], next: null };
    const before = page.before === null ? null : DeletionId.parse(page.before);
    const found = this.#reader.page(before, page.limit + 1, shown);
    const rows = found.slice(0, page.limit);
    return { rows, next: found.length > rows.length ? (rows.at(-1)?.id ?? null) : null };
  }

  /** One entry with its ids, as asked for and as sent; null where the view has none of this id. */
  get(id: DeletionId, view: LogView): DeletionDetail | null {
    const shown = this.#shownTo(view);
    return shown === null ? null : this.#reader.find(id, shown);
  }

  /**
   * Which of these distinct ids belonged to persons that sliced grants of the same registration deleted in the project,
   * or may have deleted. Only where every person of those slices is in the slices of the scope (see `coversDeleted`).
   */
  async deletedDistinctIds(ids: readonly string[], scope: ResetScope): Promise<string[]> {
    const upstream = this.upstream();
    if (!upstream.ok) throw new Error(upstream.failure.code);
    const hasher = await distinctIdHasher(upstream.value.keyring);
    const entries = this.#registrations.entries(scope.registration);
    return resettable(ids, scope, entries, hasher, this.#resolutions.recall);
  }

  /**
   * Sends what is due once more, one batch a run. Nothing that goes wrong in it leaves: the platform gives an alarm up
   * for good after six throws, and the next alarm is set before anything is tried.
   */
  override async alarm(): Promise<void> {
    let pause = PAUSE_MS;
    try {
      this.#alarm.replace(this.#store.earliestDue(), nowMs() + TROUBLE_PAUSE_MS);
      const upstream = this.upstream();
      if (!upstream.ok) throw new Error(upstream.failure.code);
      await this.#runner.sendDue(upstream.value);
    } catch {
      pause = TROUBLE_PAUSE_MS;
    }
    this.#alarm.replace(this.#store.earliestDue(), nowMs() + pause);
  }

  /** A request may have waited for its body or for look-ups while its tenant was removed and registered anew. */
  async #checkRegistration({ tenant, registration }: DeletionOrder): Promise<Failure | null> {
    try {
      const current = await this.currentRegistration(tenant);
      return current === registration && !this.#registrations.isSuperseded(registration) ? null : ENDED;
    } catch {
      return failureUntil('state_unavailable', 'The tenant could not be asked for.', RETRY_AFTER_SECONDS);
    }
  }

  /** Writes the intent; of a deletion of no persons the outcome too, so that nothing can come between the two. */
  #intend({ order, digest, keys }: PreparedOrder, upstream: Upstream): Result<WrittenIntent> {
    const now = nowMs();
    const persons = distinct(order.deletion.target.ids).length;
    const charges = this.#charges.current(now, this.#registrations.chargedSince(order.registration));
    const exhausted = checkBudgets(order.budgets, charges, persons, now);
    if (exhausted !== null) return err(exhausted);
    const written = this.#write({ order, digest, keys }, persons, now, upstream);
    if (persons > 0) this.#charges.add({ at: now, persons, tokens: [...order.ancestors, order.token] });
    return ok(written);
  }

  #write(
    { order, digest, keys }: PreparedOrder,
    persons: number,
    now: number,
    upstream: Upstream,
  ): WrittenIntent {
    const { resolved, deletion, registration } = order;
    const number = nextNumber(this.#store.newest(), now);
    const id = deletionIdOf(number, random);
    const dueAt = persons > 0 || resolved === undefined ? now + overdueAfter(upstream.timeoutMs) : null;
    try {
      return this.ctx.storage.transactionSync(() => {
        this.#registrations.begin(registration, number);
        this.#store.intend({ number, id, at: now, order, digest, origin: upstream.origin, dueAt });
        if (resolved !== undefined) this.#resolutions.record(number, deletion, resolved, keys);
        if (dueAt !== null) {
          this.#alarm.armBy(dueAt);
          return { number, id, settled: null };
        }
        const answer = emptyDeletionReply(upstream.generation);
        this.#store.settle({ number, attempt: 0, startedAt: now }, settleEmpty(answer), now);
        return { number, id, settled: answer };
      });
    } catch (defect) {
      this.#registrations.forget();
      throw defect;
    }
  }

  /** Null where the view shows no entry. */
  #shownTo(view: LogView): Shown | null {
    if (view.kind === 'operator') return EVERYTHING;
    const entries = this.#registrations.entries(view.registration);
    if (entries === null) return null;
    return {
      entries,
      slices: this.#resolutions.coveredBy(view.slices),
      namedByDistinctId: !view.distinctIdsHidden,
    };
  }
}

const ENDED = failure(
  'tenant_unknown',
  'The tenant was removed, or registered anew, after this request had arrived. Nothing was deleted.',
);
