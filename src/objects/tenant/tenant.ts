import { DurableObject } from 'cloudflare:workers';
import { newRegistrationId, type RegistrationId, type TenantId, type TokenId } from '../../core/ids.ts';
import type { TenantDocument } from '../../contract/tenant.ts';
import type { JsonObject } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { UsageReport } from '../../core/usage/usage.ts';
import type { TenantRecord } from '../../policy/grant.ts';
import { logUsageFailure } from '../console.ts';
import { migrate } from '../migrations.ts';
import { random } from '../random.ts';
import { admissionOf, NOT_REGISTERED, UNKNOWN, type Admission, type AdmitAsk } from './admission.ts';
import { LeaseBook } from './lease-book.ts';
import { LeaseWatch, QUIET, STARTED } from './lease-ends.ts';
import { changeOrigins } from './origins/change-origins.ts';
import { OriginStore, type OriginsAnswer, type OriginsChange } from './origins/origin-store.ts';
import { RateLimiter } from './rate-limiter.ts';
import { patchedRecord, replacedRecord, type ChangedTenant, type Removal } from './change-record.ts';
import { checkIfMatch, type IfMatch } from './etag.ts';
import { RecordStore, type RegisteredTenant, type StoredTenant } from './record-store.ts';
import { RevocationLimiter } from './revocation-limiter.ts';
import { TENANT_STEPS } from './schema.ts';
import type {
  IssuedToken,
  ReplacedToken,
  Revoker,
  Successor,
  TenantRequesters,
  TokenChain,
  TokenPage,
} from './token-rows.ts';
import type { ReplaceableToken } from './ends/replacements.ts';
import { TokenEnds, type TenantEnv } from './ends/token-ends.ts';
import { TokenStore } from './token-store.ts';
import { UsageBook, type NamedRefused } from './usage/usage-book.ts';
import { readUsage, type UsageAsk, type UsedRow } from './usage/usage-reader.ts';

export type { Admission, AdmitAsk } from './admission.ts';
export type { ChangedTenant, Removal } from './change-record.ts';
export type { LimitStatus } from './gcra.ts';
export type { RegisteredTenant, StoredTenant } from './record-store.ts';
export type { OriginsAnswer, OriginsChange } from './origins/origin-store.ts';
export type { UsageAsk, UsedRow } from './usage/usage-reader.ts';
export type * from './token-rows.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * One tenant: its record, the tokens it was given, which of them are revoked, and the rate. Every method does what it does
 * without waiting for anything, so what one call changed is true for the next. A change is answered when it is true in
 * every isolate: once the leases that were given before it have ended.
 */
export class Tenant extends DurableObject<TenantEnv> {
  readonly #storage: DurableObjectStorage;
  #record: RecordStore;
  #tokens: TokenStore;
  #limiter: RateLimiter;
  #leases: LeaseBook;
  #origins: OriginStore;
  readonly #leaseWatch: LeaseWatch;
  readonly #revocations = new RevocationLimiter();
  readonly #usage: UsageBook;
  readonly #ends: TokenEnds;

  constructor(ctx: DurableObjectState, env: TenantEnv) {
    super(ctx, env);
    migrate(ctx.storage, TENANT_STEPS);
    this.#storage = ctx.storage;
    this.#record = new RecordStore(ctx.storage.sql);
    this.#tokens = new TokenStore(ctx.storage.sql);
    this.#limiter = new RateLimiter(ctx.storage.sql);
    this.#leases = new LeaseBook(this.#limiter, crypto.randomUUID());
    this.#origins = new OriginStore(ctx.storage.sql);
    this.#usage = new UsageBook(ctx.storage, {
      lineageOf: (id) => this.#tokens.lineageOf(id),
      nowMs: () => Date.now(),
      pause,
    });
    this.#ends = new TokenEnds(ctx, env, {
      tenant: () => this.#record.read()?.tenant ?? null,
      isRevoked: (id) => this.#tokens.hasEnded(id, Date.now()),
      nowMs: () => Date.now(),
    });
    // Where no tenant was ever registered, nothing was ever leased.
    const begun = this.#record.wasEverWritten() ? STARTED : QUIET;
    this.#leaseWatch = new LeaseWatch(begun, LIMITS.leaseTermMs, pause);
  }

  /** Registers the tenant, or replaces its record. True for the very next request. */
  put(id: TenantId, document: TenantDocument, ifMatch: IfMatch = null): Promise<Result<ChangedTenant>> {
    return this.#whenTrue(this.#put(id, document, ifMatch));
  }

  #put(id: TenantId, document: TenantDocument, ifMatch: IfMatch): Result<ChangedTenant> {
    const before = this.#record.read();
    const stale = checkIfMatch(before, ifMatch);
    if (stale !== null) return err(stale);
    const record = replacedRecord(id, before, document);
    return record.ok ? ok(this.#write(id, before, record.value)) : record;
  }

  /** Changes members of the record (RFC 7396). True for the very next request. */
  patch(patch: JsonObject, ifMatch: IfMatch = null): Promise<Result<ChangedTenant>> {
    return this.#whenTrue(this.#patch(patch, ifMatch));
  }

  #patch(patch: JsonObject, ifMatch: IfMatch): Result<ChangedTenant> {
    const before = this.#record.read();
    if (before === null) return err(NOT_REGISTERED);
    const stale = checkIfMatch(before, ifMatch);
    if (stale !== null) return err(stale);
    const record = patchedRecord(before, patch);
    return record.ok ? ok(this.#write(before.tenant, before, record.value)) : record;
  }

  #write(id: TenantId, before: StoredTenant | null, record: TenantRecord): ChangedTenant {
    const nowMs = Date.now();
    const now = new Date(nowMs).toISOString();
    const stored = this.#change(() => {
      this.#leases.endDue(nowMs);
      if (before !== null) this.#limiter.retune('tenant', before.record.rate, record.rate, nowMs);
      return this.#record.write({
        tenant: id,
        registration: before?.registration ?? newRegistrationId(random),
        record,
        created_at: before?.created_at ?? now,
        updated_at: now,
      });
    });
    return { before: before?.record ?? null, stored };
  }

  get(): RegisteredTenant | null {
    const stored = this.#record.read();
    const own = stored === null ? null : this.#origins.inForce(stored.record.own_origins, Date.now());
    return stored === null || own === null ? null : { ...stored, ownOrigins: own.origins };
  }

  /** The registration in force; null while the tenant is not registered. For work that was admitted earlier. */
  registration(): RegistrationId | null {
    return this.#record.read()?.registration ?? null;
  }

  /** What the deletion log asks before it writes: the registration in force, how these tokens are called, the oldest first, and whose they are. */
  requesters(tokens: readonly TokenId[]): TenantRequesters {
    return {
      registration: this.registration(),
      names: this.#tokens.namesOf(tokens),
      minter: this.#tokens.minterOf(tokens[0] ?? null),
    };
  }

  /**
   * Takes the tenant off the register and revokes every token it was ever given, for good: they stay dead when a tenant
   * is registered under the same name again. The bucket of its rate stays too, so that the tenant gets no fresh burst.
   * Without `ifMatch` the record is not read, so that one this code does not understand can be removed too.
   */
  remove(ifMatch: IfMatch = null): Promise<Result<Removal>> {
    return this.#whenTrue(this.#remove(ifMatch));
  }

  #remove(ifMatch: IfMatch): Result<Removal> {
    const stale = ifMatch === null ? null : checkIfMatch(this.#record.read(), ifMatch);
    if (stale !== null) return err(stale);
    const nowMs = Date.now();
    const removal = this.#change(() => {
      const cleared = this.#record.clear();
      if (cleared.removed) this.#tokens.revokeAll(nowMs);
      this.#origins.clear();
      return { ...cleared, removed_at: new Date(nowMs).toISOString() };
    });
    return ok(removal);
  }

  /**
   * May this request go on, and how many more of its token may the isolate admit by itself? From memory: storage is touched
   * once in a stride of requests, and once an hour for each token.
   */
  admit(ask: AdmitAsk): Admission {
    if (ask.usage) this.takeUsage(ask.usage);
    const admission = admissionOf(this.#state(), ask, Date.now());
    if (admission.verdict === 'admitted' && admission.lease !== null) this.#leaseWatch.given();
    return admission;
  }

  /** The web origins that the tenant added itself; null while it is not registered. */
  origins(): OriginsAnswer | null {
    const stored = this.#record.read();
    return stored === null ? null : this.#origins.answer(stored.record.own_origins, Date.now());
  }

  /** Changes them for a token, which must still be one of the tenant's. True for the very next request. */
  changeOrigins(change: OriginsChange): Promise<Result<OriginsAnswer>> {
    return this.#whenTrue(this.#change(() => changeOrigins(this.#state(), change, Date.now())));
  }

  /** How they were changed, newest first. Those of earlier registrations are among them. */
  originChanges(page: { limit: number; before: string | null }) {
    return this.#origins.changes(page);
  }

  /**
   * Enters a token before it is handed out; `ancestors` oldest first. Fails with `tenant_unknown` where `registration`
   * is no longer the one in force, or with `token_parent_revoked`. Then the token must not be handed out.
   */
  issue(token: IssuedToken, ancestors: readonly TokenId[], registration: RegistrationId): Result<null> {
    if (this.registration() !== registration) return err(UNKNOWN);
    const nowMs = Date.now();
    const entered = this.#change(() => {
      this.#limiter.forget(this.#tokens.prune(nowMs));
      return this.#tokens.issue(token, ancestors);
    });
    this.#ends.arm();
    return entered;
  }

  /** What a successor of the token has to be like; null where the token cannot be used any more. */
  replaceable(id: TokenId): ReplaceableToken | null {
    return this.#tokens.replaceable(id, Date.now());
  }

  /** Enters a token in the place of another one. Fails as `issue` does, with `record_unknown`, or with `token_replaced`. */
  async replace(successor: Successor, registration: RegistrationId): Promise<Result<ReplacedToken>> {
    if (this.registration() !== registration) return err(UNKNOWN);
    const replaced = this.#change(() => this.#tokens.replace(successor, Date.now()));
    this.#ends.arm();
    return successor.overlapMs === 0 ? this.#whenTrue(replaced) : replaced;
  }

  /** Tells the operator of tokens that end. */
  override alarm(): Promise<void> {
    return this.#ends.tell();
  }

  /** Unexpired tokens, newest first, at most `limit`; `before` is the `next` of the page before. */
  tokens(page: { limit: number; before: string | null }): TokenPage {
    return this.#tokens.page(page.limit, page.before, Date.now());
  }

  /** The narrowings of a token and of those it was derived from; null where it is not known here. */
  chainOf(id: TokenId): TokenChain | null {
    return this.#tokens.chainOf(id, Date.now());
  }

  /** Revokes a token; again is no error. A token that asks may revoke only itself and what was derived from it. */
  async revoke(id: TokenId, by: Revoker): Promise<'revoked' | 'unknown'> {
    const revoked = this.#tokens.revoke(id, by, Date.now());
    if (revoked === 'revoked') await this.#leaseWatch.ended();
    return revoked;
  }

  /** Counts what an isolate reports, once. Requests do not end because of what is wrong with the counts of others. */
  takeUsage(report: UsageReport): void {
    try {
      if (this.#record.wasEverWritten()) this.#usage.take(report);
    } catch (error) {
      logUsageFailure(error);
    }
  }

  /** The rows of a page of usage; null where no tenant was ever registered here. `report`: see `takeUsage`. */
  usage(ask: UsageAsk, report: UsageReport | null): UsedRow[] | null {
    if (report !== null) this.takeUsage(report);
    return this.#record.wasEverWritten() ? readUsage(this.#storage.sql, this.#usage.unwritten, ask) : null;
  }

  /** The requests that were refused last; null where no tenant was ever registered here. `report`: see `takeUsage`. */
  lastRefused(report: UsageReport | null): NamedRefused[] | null {
    if (report !== null) this.takeUsage(report);
    return this.#record.wasEverWritten() ? this.#usage.lastRefused : null;
  }

  /** The answer to a change, given once no isolate admits by what was true before. */
  async #whenTrue<T>(changed: Result<T>): Promise<Result<T>> {
    if (changed.ok) await this.#leaseWatch.ended();
    return changed;
  }

  #state() {
    const stored = this.#record.read();
    const [tokens, origins, leases] = [this.#tokens, this.#origins, this.#leases];
    return { stored, tokens, origins, leases, revocations: this.#revocations };
  }

  /** All of `act` or nothing. If it throws, memory is read again: it never says what storage does not. */
  #change<T>(act: () => T): T {
    try {
      return this.#storage.transactionSync(act);
    } catch (error) {
      const { sql } = this.#storage;
      this.#record = new RecordStore(sql);
      this.#tokens = new TokenStore(sql);
      this.#limiter = new RateLimiter(sql);
      this.#leases = new LeaseBook(this.#limiter, crypto.randomUUID());
      this.#origins = new OriginStore(sql);
      throw error;
    }
  }
}
