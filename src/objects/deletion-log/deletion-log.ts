import { DurableObject } from 'cloudflare:workers';
import type { DeletionPreview } from '../../contract/preview.ts';
import type { DeletionBudget } from '../../contract/deletion-budget.ts';
import type { Failure } from '../../core/failure.ts';
import type { DeletionId, Random, RegistrationId, TenantId } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ShownBy } from '../../policy/redact-answer.ts';
import { migrate } from '../migrations.ts';
import type { Fuse } from '../fuse/fuse.ts';
import type { Objects } from '../remote.ts';
import type { Shield } from '../shield/shield.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { Alarm } from './alarm.ts';
import { numberOf } from './id.ts';
import { Answers } from './answers.ts';
import { Burials, shieldKeeper } from './burials.ts';
import { beingSent, type Decision } from './job/decision.ts';
import { Intents, type Replayed, type WrittenIntent } from './intents/intents.ts';
import { keyedOf, type KeyedRequest } from './intents/keyed.ts';
import { Ledger } from './budget/ledger.ts';
import { Decisions } from './decisions.ts';
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
import { distinctIdHasher } from './distinct-id-key.ts';
import { checkRegistration, prepare } from './intents/prepare.ts';
import { resettable } from './reset-scope.ts';
import { DeletionResolutions } from './storage/resolutions.ts';
import type { Actor } from './storage/jobs.ts';
import { Previews } from './resolving/previews.ts';
import type { Confirmation } from './resolving/selection.ts';
import { fuseKeeper, Takings } from './releasing/takings.ts';
import { Resolver } from './resolving/resolver.ts';
import { DeletionRunner } from './runner.ts';
import { DELETION_STEPS } from './schema/schema.ts';
import { upstreamOf, type Upstream } from './send.ts';
import { DeletionStore } from './storage/store.ts';
import { noSuchDeletion, Views, type PageOf } from './views.ts';

export type { Decision } from './job/decision.ts';
export type { Pace } from './pace/pace.ts';
export type { Actor } from './storage/jobs.ts';
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
  readonly FUSE: Objects<Fuse>;
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
  readonly #resolutions: DeletionResolutions;
  readonly #registrations: Registrations;
  readonly #intents: Intents;
  readonly #answers: Answers;
  readonly #views: Views;
  readonly #alarm: Alarm;
  readonly #runner: DeletionRunner;
  readonly #previews: Previews;
  readonly #decisions: Decisions;

  constructor(ctx: DurableObjectState, env: DeletionLogEnv) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(ctx.storage, DELETION_STEPS);
    this.#store = new DeletionStore(sql);
    const reader = new DeletionReader(sql);
    this.#resolutions = new DeletionResolutions(sql);
    this.#registrations = new Registrations(sql);
    const ledger = new Ledger(this.#store);
    this.#answers = new Answers(reader, ledger, this.#registrations, nowMs);
    this.#views = new Views(reader, this.#registrations, this.#resolutions);
    this.#alarm = new Alarm(ctx.storage);
    this.#intents = new Intents(ctx.storage, this.#registrations, ledger, this.#alarm, { nowMs, random });
    const resolver = new Resolver(ctx.storage, ledger, this.#alarm, nowMs);
    const takings = new Takings(sql, this.#store, fuseKeeper(env.FUSE));
    const burials = new Burials(sql, shieldKeeper(env.SHIELD));
    this.#runner = new DeletionRunner(ctx.storage, ledger, resolver, takings, burials, this.#alarm, nowMs);
    this.#previews = new Previews(ctx.storage, this.#runner, resolver, nowMs);
    this.#decisions = new Decisions(ctx.storage, ledger, this.#alarm, this.#runner);
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** PostHog as the environment describes it. A test may describe another. */
  protected upstream(): Result<Upstream> {
    const upstream = upstreamOf(this.env, (input, init) => fetch(input, init), nowMs);
    return upstream.ok
      ? ok({ ...upstream.value, posthog: this.#runner.pause.heededBy(upstream.value.posthog) })
      : upstream;
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
    const intent = await this.#prepareAndIntend(order, upstream.value);
    if (!intent.ok) return intent;
    if ('replayed' in intent.value) return ok(this.#answers.replayed(intent.value.replayed, order));
    const { number, told } = intent.value;
    if (told !== null) return ok(this.#answers.notSent(intent.value, told, order));
    // A retry with the same key must not get an old refusal, so the log sends the deletion again itself.
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
    const intent = await this.#prepareAndIntend(order, upstream.value);
    if (!intent.ok) return intent;
    if ('replayed' in intent.value) return ok(this.#answers.createdBefore(intent.value.replayed, order));
    const { number, told } = intent.value;
    if (told === null) await this.#runner.start(number, upstream.value);
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

  /** Entries by age, the newest first (see `Views.list`). */
  list(page: PageOf, view: LogView): { rows: DeletionEntry[]; next: string | null } {
    return this.#views.list(page, view);
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
    this.#armToCatchUp(PAUSE_MS);
    return conflict === null ? ok(this.#views.find(id, view) ?? entry) : err(conflict);
  }

  /**
   * What a deletion of the view that is previewed would do; null where it is not previewed. `shownBy` is the grant of the
   * reader, null for the operator.
   */
  preview(id: DeletionId, view: LogView, shownBy: ShownBy | null): DeletionPreview | null {
    return this.#views.find(id, view) === null ? null : this.#previews.show(numberOf(id), shownBy);
  }

  /** Reads the persons of a preview of the view that was just made, as long as a client may wait for it. */
  async readPreview(id: DeletionId, view: LogView): Promise<DeletionEntry | null> {
    const upstream = this.upstream();
    if (upstream.ok && this.#views.find(id, view)?.state === 'resolving')
      await this.#previews.readSoon(numberOf(id), upstream.value, (work) => this.ctx.waitUntil(work));
    return this.#views.find(id, view);
  }

  /**
   * Carries out what was previewed under this digest; the persons are read again first. Fails, with nothing sent, with
   * `record_unknown`, `deletion_preview_changed`, `deletion_state_conflict`, `deletion_budget_exhausted`, or as a look-up.
   */
  async confirm(id: DeletionId, confirmation: Confirmation, view: LogView): Promise<Result<DeletionEntry>> {
    const upstream = this.upstream();
    if (!upstream.ok) return upstream;
    if (this.#views.find(id, view) === null) return err(noSuchDeletion());
    if (this.#runner.isBusy(numberOf(id))) return err(beingSent());
    const confirmed = await this.#previews.confirm(numberOf(id), confirmation, upstream.value);
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
    const hasher = await distinctIdHasher(upstream.value.keyring);
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
      this.#setAlarm(nowMs() + TROUBLE_PAUSE_MS);
      const upstream = this.upstream();
      if (!upstream.ok) throw new Error(upstream.failure.code);
      await this.#runner.stepDue(upstream.value);
    } catch {
      pause = TROUBLE_PAUSE_MS;
    }
    this.#setAlarm(Math.max(nowMs() + pause, this.#runner.pause.until));
  }

  #setAlarm(earliest: number): void {
    this.#alarm.replace(this.#store.earliestDue(), earliest);
    this.#armToCatchUp(TROUBLE_PAUSE_MS);
  }

  /** What other objects have not been told of deletions that ended, the alarm tells them. */
  #armToCatchUp(pauseMs: number): void {
    if (this.#runner.isBehind) this.#alarm.armBy(nowMs() + pauseMs);
  }

  async #prepareAndIntend(
    order: DeletionOrder,
    upstream: Upstream,
  ): Promise<Result<WrittenIntent | Replayed>> {
    const prepared = await prepare(order, upstream.keyring);
    if (!prepared.ok) return prepared;
    const refusal = await checkRegistration(order, this.#registrations, (tenant) =>
      this.currentRegistration(tenant),
    );
    return refusal === null ? this.#intents.write(prepared.value, upstream) : err(refusal);
  }
}
