import { DurableObject } from 'cloudflare:workers';
import { jurisdictionOf } from '../../config.ts';
import type { DeletionPreview } from '../../contract/preview.ts';
import type { DeletionBudget } from '../../contract/deletion-budget.ts';
import { failure, type Failure } from '../../core/failure.ts';
import type { DeletionId, Random, TenantId, TokenId } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ShownBy } from '../../policy/redact-answer.ts';
import { migrate } from '../migrations.ts';
import { objectNamed, type Objects } from '../remote.ts';
import type { Shield } from '../shield/shield.ts';
import type { Tenant, TenantRequesters } from '../tenant/tenant.ts';
import { Alarm } from './alarm.ts';
import { numberOf } from './id.ts';
import { Answers } from './answers.ts';
import { Burials, shieldKeeper } from './burials.ts';
import { beingSent, type Decision } from './job/decision.ts';
import { Intents } from './intents/intents.ts';
import { keyedOf, type KeyedRequest } from './intents/keyed.ts';
import { Ledger } from './budget/ledger.ts';
import { Decisions } from './decisions.ts';
import { IdKeeping } from './audit/id-keeping.ts';
import { Refusals, type ListedRefusals, type Refusal } from './audit/refusals.ts';
import type { LogPage } from './audit/search.ts';
import { Orders } from './intents/orders.ts';
import { Views } from './views.ts';
import {
  type BudgetAsk,
  type CreatedDeletion,
  type DeletionDetail,
  type DeletionEntry,
  type DeletionOrder,
  type DeletionResult,
  type DeletionStatus,
  type LogView,
  type ReplayedDeletion,
  type ResetScope,
} from './entry.ts';
import { DeletionReader, type IdsOfChunk } from './storage/reader.ts';
import { Registrations } from './storage/registrations.ts';
import { distinctIdHasher, type DistinctIdHasher } from './distinct-id-key.ts';
import { resettable } from './reset-scope.ts';
import { DeletionResolutions } from './storage/resolutions.ts';
import type { Actor } from './storage/jobs.ts';
import { Previews } from './resolving/previews.ts';
import { Resolver } from './resolving/resolver.ts';
import { DeletionRunner } from './runner.ts';
import { DELETION_STEPS } from './schema/schema.ts';
import { upstreamOf, type Upstream } from './send.ts';
import { DeletionStore } from './storage/store.ts';

export type { Decision } from './job/decision.ts';
export type { Actor } from './storage/jobs.ts';
export type { Refusal } from './audit/refusals.ts';
export type { LogFilter, LogPage } from './audit/search.ts';
export type { KeyedRequest } from './intents/keyed.ts';
export type * from './entry.ts';

/** Milliseconds between two alarms with work left over: a backlog asks PostHog 300 times a minute at most, of its 480. */
const PAUSE_MS = 1000;
/** Milliseconds until the next alarm after one that could not do its work. */
const TROUBLE_PAUSE_MS = 60_000;

/** The binding that the log needs; `readConfig` reads the variables and secrets. */
export interface DeletionLogEnv {
  readonly TENANT: Objects<Tenant>;
  readonly SHIELD: Objects<Shield>;
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
  readonly #views: Views;
  readonly #resolutions: DeletionResolutions;
  readonly #registrations: Registrations;
  readonly #intents: Intents;
  readonly #orders: Orders;
  readonly #keeping: IdKeeping;
  readonly #answers: Answers;
  readonly #alarm: Alarm;
  readonly #burials: Burials;
  readonly #runner: DeletionRunner;
  readonly #previews: Previews;
  readonly #decisions: Decisions;

  constructor(ctx: DurableObjectState, env: DeletionLogEnv) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(ctx.storage, DELETION_STEPS);
    this.#store = new DeletionStore(sql);
    const reader = new DeletionReader(sql);
    const refusals = new Refusals(ctx.storage);
    this.#resolutions = new DeletionResolutions(sql);
    this.#registrations = new Registrations(sql);
    const ledger = new Ledger(this.#store);
    this.#answers = new Answers(reader, ledger, this.#registrations, nowMs);
    this.#alarm = new Alarm(ctx.storage);
    this.#keeping = new IdKeeping(ctx.storage, this.#alarm, nowMs);
    this.#intents = new Intents(ctx.storage, this.#registrations, ledger, this.#alarm, { nowMs, random });
    this.#views = new Views(reader, refusals, this.#registrations, this.#resolutions);
    this.#orders = new Orders(this.#intents, this.#registrations, refusals, this.#keeping, {
      askTenant: (tenant, tokens) => this.askTenant(tenant, tokens),
      nowMs,
    });
    const resolver = new Resolver(ctx.storage, ledger, this.#alarm, nowMs);
    this.#burials = new Burials(sql, shieldKeeper(env.SHIELD, jurisdictionOf(env)));
    this.#runner = new DeletionRunner(ctx.storage, ledger, resolver, this.#burials, this.#alarm, nowMs);
    this.#previews = new Previews(ctx.storage, this.#runner, resolver, nowMs);
    this.#decisions = new Decisions(ctx.storage, ledger, this.#alarm, this.#runner);
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** PostHog as the environment describes it. A test may describe another. */
  protected upstream(): Result<Upstream> {
    return upstreamOf(this.env, (input, init) => fetch(input, init), nowMs);
  }

  /** What the tenant's object says of itself now. A test may say something else. */
  protected askTenant(tenant: TenantId, tokens: readonly TokenId[]): Promise<TenantRequesters> {
    return objectNamed(this.env.TENANT, tenant, jurisdictionOf(this.env)).requesters(tokens);
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
    const intent = await this.#orders.take(order, upstream.value);
    if (!intent.ok) return intent;
    if ('replayed' in intent.value) return ok(this.#answers.replayed(intent.value.replayed, order));
    const { number, told } = intent.value;
    if (told !== null) return ok(this.#answers.notSent(intent.value, told, order));
    // Who asks again with a key is not to meet a refusal that is long over, so the log does it instead.
    const whenBusy = order.idempotencyKey === undefined ? 'refuse' : 'wait';
    const sending = this.#runner.stepResolved(number, upstream.value, whenBusy);
    this.ctx.waitUntil(sending);
    return ok(this.#answers.sent(intent.value, await sending, order));
  }

  /**
   * Writes a deletion down and answers at once: the alarm sends it, chunk by chunk. Fails as `carryOut` does.
   * @throws where the storage fails.
   */
  async create(order: DeletionOrder): Promise<Result<CreatedDeletion>> {
    const upstream = this.upstream();
    if (!upstream.ok) return upstream;
    const intent = await this.#orders.take(order, upstream.value);
    if (!intent.ok) return intent;
    if ('replayed' in intent.value) return ok(this.#answers.createdBefore(intent.value.replayed, order));
    const { number, told } = intent.value;
    if (told === null) this.#makeDue(number, nowMs());
    return ok(this.#answers.created(intent.value, order));
  }

  /**
   * The deletion that an idempotency key stands for, as `carryOut` answers it; null where the key is new. For a request
   * whose persons are looked up first: after a deletion they would not be found.
   */
  async replay(request: KeyedRequest, ask: BudgetAsk): Promise<Result<ReplayedDeletion | null>> {
    const found = this.#intents.replay(await keyedOf(request), nowMs());
    if (found === null) return ok(null);
    return found.ok ? ok(this.#answers.replayed(found.value.replayed, ask)) : found;
  }

  /** What is left of the budgets, and the refusal of a deletion of so many persons; null where it fits. */
  budget(ask: BudgetAsk): { budgets: DeletionBudget[]; refusal: Failure | null } {
    return this.#answers.budget(ask);
  }

  /** Entries that match (see `DeletionReader.page`). @throws where `before` is not a deletion id: callers check that first. */
  list(page: LogPage, view: LogView): Promise<{ rows: DeletionEntry[]; next: DeletionId | null }> {
    return this.#views.list(page, view, () => this.#hasher());
  }

  /** Deletions that were refused. `before` is the `next` of the page before. */
  refusals(page: LogPage, view: LogView): ListedRefusals {
    return this.#views.refusals(page, view);
  }

  /** Keeps a refusal of a deletion that never came here. It spends nothing. */
  noteRefusal(refusal: Refusal): Promise<void> {
    return this.#orders.note(refusal);
  }

  /** For how many days the ids of ended deletions are kept; `null`: for ever. */
  keepIds(days: number | null): void {
    this.#keeping.follow(days);
  }

  /** One entry with its ids, as asked for and as sent; null where the view has none of this id. */
  get(id: DeletionId, view: LogView): DeletionDetail | null {
    return this.#views.detail(id, view);
  }

  /** One entry with how far it has come; null where the view has none of this id. */
  status(id: DeletionId, view: LogView): DeletionStatus | null {
    return this.#views.status(id, view);
  }

  /** The ids of one chunk of a deletion, counted from 0, as they were asked for; null where the view has no such deletion. */
  ids(id: DeletionId, chunk: number, view: LogView): IdsOfChunk | null {
    return this.#views.ids(id, chunk, view);
  }

  /**
   * Carries out what a person decided about a deletion of the view. Fails with `record_unknown`, or with
   * `deletion_state_conflict` where its state does not allow it.
   */
  decide(
    id: DeletionId,
    decision: Decision,
    by: Actor,
    note: string | null,
    view: LogView,
  ): Result<DeletionEntry> {
    const entry = this.#views.find(id, view);
    if (entry === null) return err(noSuchDeletion());
    const conflict = this.#decisions.carryOut(entry, decision, nowMs(), by, note);
    this.#armForBurials(PAUSE_MS);
    return conflict === null ? ok(this.#views.find(id, view) ?? entry) : err(conflict);
  }

  /**
   * What a deletion of the view that is previewed would do; null where it is not previewed. `shownBy` is the grant of the
   * reader, null for the operator.
   */
  preview(id: DeletionId, view: LogView, shownBy: ShownBy | null): DeletionPreview | null {
    const entry = this.#views.find(id, view);
    return entry === null ? null : this.#previews.show(numberOf(id), shownBy);
  }

  /**
   * Carries out what was previewed under this digest; the persons are read again first. Fails, with nothing sent, with
   * `record_unknown`, `deletion_preview_changed`, `deletion_state_conflict`, `deletion_budget_exhausted`, or as a look-up.
   */
  async confirm(id: DeletionId, digest: string, by: Actor, view: LogView): Promise<Result<DeletionEntry>> {
    const upstream = this.upstream();
    if (!upstream.ok) return upstream;
    if (this.#views.find(id, view) === null) return err(noSuchDeletion());
    const number = numberOf(id);
    if (this.#runner.isBusy(number)) return err(beingSent());
    const confirmed = await this.#previews.confirm(number, digest, by, upstream.value);
    if (!confirmed.ok) return confirmed;
    const entry = this.#views.find(id, view);
    return entry === null ? err(noSuchDeletion()) : ok(entry);
  }

  /**
   * Which of these distinct ids belonged to persons that sliced grants of the same registration deleted in the project,
   * or may have deleted. Only where every person of those slices is in the slices of the scope (see `coversDeleted`).
   */
  async deletedDistinctIds(ids: readonly string[], scope: ResetScope): Promise<string[]> {
    const upstream = this.upstream();
    if (!upstream.ok) throw new Error(upstream.failure.code);
    const hasher = await this.#hasher();
    const entries = this.#registrations.entries(scope.registration);
    return resettable(ids, scope, entries, hasher, this.#resolutions.recallAt(upstream.value.origin));
  }

  /**
   * Sends what is due once more, one batch a run. Nothing that goes wrong in it leaves: the platform gives an alarm up
   * for good after six throws, and the next alarm is set before anything is tried.
   */
  override async alarm(): Promise<void> {
    let pause = PAUSE_MS;
    try {
      this.#alarm.replace(this.#keeping.earlierDue(this.#store.earliestDue()), nowMs() + TROUBLE_PAUSE_MS);
      const upstream = this.upstream();
      if (!upstream.ok) throw new Error(upstream.failure.code);
      await this.#runner.stepDue(upstream.value);
      await this.#keeping.step(() => this.#hasher());
    } catch {
      pause = TROUBLE_PAUSE_MS;
    }
    this.#alarm.replace(this.#keeping.earlierDue(this.#store.earliestDue()), nowMs() + pause);
    this.#armForBurials(TROUBLE_PAUSE_MS);
  }

  /** Tombstones of what has ended are ended by the alarm, however long that cannot be done. */
  #armForBurials(pauseMs: number): void {
    if (this.#burials.isBehind) this.#alarm.armBy(nowMs() + pauseMs);
  }

  /** @throws where the gateway is not configured. */
  #hasher(): Promise<DistinctIdHasher> {
    const upstream = this.upstream();
    if (!upstream.ok) throw new Error(upstream.failure.code);
    return distinctIdHasher(upstream.value.keyring);
  }

  #makeDue(number: number, at: number): void {
    this.ctx.storage.transactionSync(() => {
      this.#store.postpone(number, at);
      this.#alarm.armBy(at);
    });
  }
}

const noSuchDeletion = (): Failure =>
  failure('record_unknown', 'There is no such deletion in the log. Ids look like del_…', 'id');
