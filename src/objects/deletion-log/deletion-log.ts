import { DurableObject } from 'cloudflare:workers';
import { placementOf } from '../../config.ts';
import type { DeletionBudget } from '../../contract/deletion-budget.ts';
import type { Failure } from '../../core/failure.ts';
import type { OperatorName } from '../../core/operators.ts';
import type { DeletionId, TenantId, TokenId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ShownBy } from '../../policy/redact-answer.ts';
import { migrate } from '../migrations.ts';
import { random } from '../random.ts';
import { objectNamed, type Objects } from '../remote.ts';
import type { Tenant, TenantRequesters } from '../tenant/tenant.ts';
import { within } from '../within.ts';
import { numberOf } from './id.ts';
import { shieldTeller } from './burials.ts';
import type { DecidedDeletion, Decision } from './job/decision.ts';
import { keyedConfirmation, keyedOf, type KeyedRequest } from './intents/keyed.ts';
import { readDeleted, type DeletedAsk, type DeletedRow } from './audit/deleted.ts';
import type { ListedRefusals, Refusal } from './audit/refusals.ts';
import type { LogPage } from './audit/search.ts';
import {
  type BudgetAsk,
  type ConfirmedDeletion,
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
import { keepersOf, partsOf, type KeeperObjects, type LogParts } from './parts.ts';
import type { IdsOfChunk } from './storage/reader.ts';
import { distinctIdHasher, type DistinctIdHasher } from './distinct-id-key.ts';
import { resettable } from './reset-scope.ts';
import type { Actor } from './storage/jobs.ts';
import type { KeptPreview } from './resolving/previews.ts';
import type { Confirmation } from './resolving/selection.ts';
import { DELETION_STEPS } from './schema/schema.ts';
import { upstreamOf, type Upstream } from './send.ts';
import { noSuchDeletion } from './views.ts';

export type * from './types.ts';

/** Milliseconds between two alarms with work left over: a backlog asks PostHog 300 times a minute at most, of its 480. */
const PAUSE_MS = 1000;
/** Milliseconds until the next alarm after one that could not do its work. */
const TROUBLE_PAUSE_MS = 60_000;

/** The binding that the log needs; `readConfig` reads the variables and secrets. */
export interface DeletionLogEnv extends KeeperObjects {
  readonly TENANT: Objects<Tenant>;
}

const nowMs = (): number => Date.now();

/**
 * One per tenant: the append-only record of its deletions, and what carries them out: intent, attempt, send, outcome.
 * The intent is durable before PostHog hears of it, because the platform lets no message out before the writes made
 * ahead of it are. An attempt whose end is not known leaves the entry `unknown`, and the alarm sends it again.
 */
export class DeletionLog extends DurableObject<DeletionLogEnv> {
  readonly #parts: LogParts;

  constructor(ctx: DurableObjectState, env: DeletionLogEnv) {
    super(ctx, env);
    migrate(ctx.storage, DELETION_STEPS);
    this.#parts = partsOf(ctx.storage, {
      ...keepersOf(env, placementOf(env)),
      askTenant: (tenant, tokens) => this.askTenant(tenant, tokens),
      nowMs,
      random,
    });
    void ctx.blockConcurrencyWhile(() => this.#parts.alarm.load());
  }

  /** PostHog as the environment describes it. A test may describe another. */
  protected upstream(): Result<Upstream> {
    const tell = shieldTeller(this.env.SHIELD, placementOf(this.env));
    const upstream = upstreamOf(this.env, (input, init) => fetch(input, init), nowMs, tell);
    return upstream.ok
      ? ok({ ...upstream.value, posthog: this.#parts.heard(upstream.value.posthog) })
      : upstream;
  }

  /** What the tenant's object says of itself now. A test may say something else. */
  protected askTenant(tenant: TenantId, tokens: readonly TokenId[]): Promise<TenantRequesters> {
    const named = objectNamed(this.env.TENANT, tenant, placementOf(this.env));
    return within(LIMITS.objectWaitMsMax, named.requesters(tokens));
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
    const intent = await this.#parts.orders.take(order, upstream.value);
    if (!intent.ok) return intent;
    if ('replayed' in intent.value)
      return ok(await this.#parts.answers.replayed(intent.value.replayed, order));
    const { number, told } = intent.value;
    if (told !== null) return ok(this.#parts.answers.notSent(intent.value, told, order));
    // A retry with the same key must not get an old refusal, so the log sends the deletion again itself.
    const whenBusy = order.idempotencyKey === undefined ? 'refuse' : 'wait';
    const sending = this.#parts.runner.stepResolved(number, upstream.value, whenBusy);
    this.ctx.waitUntil(sending);
    return ok(this.#parts.answers.sent(intent.value, await sending, order));
  }

  /**
   * Writes a deletion down and answers at once: the alarm sends it, chunk by chunk. Fails as `carryOut` does.
   * @throws where the storage fails.
   */
  async create(order: DeletionOrder): Promise<Result<CreatedDeletion>> {
    const upstream = this.upstream();
    if (!upstream.ok) return upstream;
    const intent = await this.#parts.orders.take({ ...order, isFollowed: true }, upstream.value);
    if (!intent.ok) return intent;
    if ('replayed' in intent.value)
      return ok(this.#parts.answers.createdBefore(intent.value.replayed, order));
    const { number, told } = intent.value;
    if (told === null) await this.#parts.runner.start(number, upstream.value);
    return ok(this.#parts.answers.created(intent.value, order));
  }

  /**
   * The deletion that an idempotency key stands for, as `carryOut` answers it; null where the key is new. For a request
   * whose persons are looked up first: after a deletion they would not be found.
   */
  async replay(request: KeyedRequest, ask: BudgetAsk): Promise<Result<ReplayedDeletion | null>> {
    const found = this.#parts.intents.replay(await keyedOf(request), nowMs());
    if (found === null) return ok(null);
    return found.ok ? ok(await this.#parts.answers.replayed(found.value.replayed, ask)) : found;
  }

  /** What is left of the budgets, and the refusal of a deletion of so many persons; null where it fits. */
  budget(ask: BudgetAsk): { budgets: DeletionBudget[]; refusal: Failure | null } {
    return this.#parts.answers.budget(ask);
  }

  /** Entries that match (see `DeletionReader.page`). @throws where `before` is not a deletion id: callers check that first. */
  list(page: LogPage, view: LogView): Promise<{ rows: DeletionEntry[]; next: DeletionId | null }> {
    return this.#parts.views.list(page, view, () => this.#hasher());
  }

  /** Deletions that were refused. `before` is the `next` of the page before. */
  refusals(page: LogPage, view: LogView): ListedRefusals {
    return this.#parts.views.refusals(page, view);
  }

  /** How many persons tokens deleted, by hour or day. */
  personsDeleted(ask: DeletedAsk): DeletedRow[] {
    return readDeleted(this.ctx.storage.sql, ask);
  }

  /** Keeps a refusal of a deletion that never came here. It spends nothing. */
  noteRefusal(refusal: Refusal): Promise<void> {
    return this.#parts.orders.note(refusal);
  }

  /** For how many days the ids of ended deletions are kept; `null`: for ever. */
  keepIds(days: number | null): void {
    this.#parts.keeping.follow(days);
  }

  /** One entry with its ids, as asked for and as sent; null where the view has none of this id. */
  get(id: DeletionId, view: LogView): DeletionDetail | null {
    return this.#parts.views.detail(id, view);
  }

  /** One entry with how far it has come; null where the view has none of this id. */
  status(id: DeletionId, view: LogView): DeletionStatus | null {
    return this.#parts.views.status(id, view);
  }

  /** The ids of one chunk of a deletion, counted from 0, as they were asked for; null where the view has no such deletion. */
  ids(id: DeletionId, chunk: number, view: LogView): IdsOfChunk | null {
    return this.#parts.views.ids(id, chunk, view);
  }

  /**
   * Carries out what a person decided about a deletion of the view. Fails with `record_unknown`, with `deletion_state_conflict`
   * where its state does not allow it, and where `approver` stands behind what it approves.
   */
  decide(
    id: DeletionId,
    decision: Decision,
    by: Actor,
    note: string | null,
    view: LogView,
    approver: OperatorName | null = null,
  ): Result<DecidedDeletion> {
    const entry = this.#parts.views.find(id, view);
    if (entry === null) return err(noSuchDeletion());
    const conflict = this.#parts.decisions.carryOut(entry, decision, nowMs(), by, note, approver);
    this.#armToCatchUp(PAUSE_MS);
    if (conflict !== null) return err(conflict);
    return ok({ before: entry.state, entry: this.#parts.views.find(id, view) ?? entry });
  }

  /**
   * What a deletion of the view that is previewed would do; null where it is not previewed. `shownBy` is the grant of the
   * reader, null for the operator.
   */
  preview(id: DeletionId, view: LogView, shownBy: ShownBy | null): KeptPreview | null {
    return this.#parts.views.find(id, view) === null
      ? null
      : this.#parts.previews.show(numberOf(id), shownBy);
  }

  /** Reads the persons of a preview of the view that was just made, as long as a client may wait for it. */
  async readPreview(id: DeletionId, view: LogView): Promise<DeletionEntry | null> {
    const upstream = this.upstream();
    if (upstream.ok && this.#parts.views.find(id, view)?.state === 'resolving')
      await this.#parts.previews.readSoon(numberOf(id), upstream.value, (work) => this.ctx.waitUntil(work));
    return this.#parts.views.find(id, view);
  }

  /**
   * Carries out what was previewed under this digest; the persons are read again first. Fails, with nothing sent, with
   * `record_unknown`, `deletion_preview_changed`, `deletion_state_conflict`, `deletion_budget_exhausted`,
   * `idempotency_key_reused`, or as a look-up.
   */
  async confirm(
    id: DeletionId,
    confirmation: Confirmation,
    view: LogView,
  ): Promise<Result<ConfirmedDeletion>> {
    const upstream = this.upstream();
    if (!upstream.ok) return upstream;
    const found = this.#parts.views.find(id, view);
    if (found === null) return err(noSuchDeletion());
    const { keyed: asked, digest, by: token } = confirmation;
    const unknown = await this.#parts.orders.noteConfirmer(found.tenant, confirmation);
    if (unknown !== null) return err(unknown);
    const keyed = asked === undefined ? null : await keyedConfirmation({ ...asked, token, id, digest });
    const confirmed = await this.#parts.previews.confirm(numberOf(id), confirmation, keyed, upstream.value);
    if (!confirmed.ok) return confirmed;
    const entry = this.#parts.views.find(id, view);
    return entry === null ? err(noSuchDeletion()) : ok({ entry, replayed: confirmed.value === 'replayed' });
  }

  /**
   * Which of these distinct ids belonged to persons that sliced grants of the same registration deleted in the project,
   * or may have deleted. Only where every person of those slices is in the slices of the scope (see `coversDeleted`).
   */
  async deletedDistinctIds(ids: readonly string[], scope: ResetScope): Promise<string[]> {
    const upstream = this.upstream();
    if (!upstream.ok) throw new Error(upstream.failure.code);
    const hasher = await this.#hasher();
    const entries = this.#parts.registrations.entries(scope.registration);
    return resettable(ids, scope, entries, hasher, this.#parts.resolutions.recallAt(upstream.value.origin));
  }

  /**
   * Sends what is due once more, one batch a run. Nothing that goes wrong in it leaves: the platform gives an alarm up
   * for good after six throws, and the next alarm is set before anything is tried.
   */
  override async alarm(): Promise<void> {
    let pause = PAUSE_MS;
    try {
      this.#setAlarm(nowMs() + TROUBLE_PAUSE_MS);
      const upstream = this.upstream();
      if (!upstream.ok) throw new Error(upstream.failure.code);
      await this.#parts.runner.stepDue(upstream.value);
      await this.#parts.keeping.step(() => this.#hasher());
    } catch {
      pause = TROUBLE_PAUSE_MS;
    }
    await this.#parts.notices.tell();
    this.#setAlarm(Math.max(nowMs() + pause, this.#parts.runner.pause.until));
  }

  #setAlarm(earliest: number): void {
    const { alarm, keeping, notices, store } = this.#parts;
    alarm.replace(notices.earlierDue(keeping.earlierDue(store.earliestDue())), earliest);
    this.#armToCatchUp(TROUBLE_PAUSE_MS);
  }

  /** What other objects have not been told of deletions that ended, the alarm tells them. */
  #armToCatchUp(pauseMs: number): void {
    if (this.#parts.runner.isBehind || this.#parts.notices.isBehind)
      this.#parts.alarm.armBy(nowMs() + pauseMs);
  }

  /** @throws where the gateway is not configured. */
  #hasher(): Promise<DistinctIdHasher> {
    const upstream = this.upstream();
    if (!upstream.ok) throw new Error(upstream.failure.code);
    return distinctIdHasher(upstream.value.keyring);
  }
}
