import { DurableObject } from 'cloudflare:workers';
import { failure, type Failure } from '../../core/failure.ts';
import type { TenantId, TokenId } from '../../core/ids.ts';
import { err, type Result } from '../../core/result.ts';
import type { ChainLink, TenantRecord } from '../../policy/grant.ts';
import { migrate } from '../migrations.ts';
import { limitsOf, rateFailure, statesOf, type LimitState } from './limits.ts';
import { RateMeter } from './rate-limiter.ts';
import { RecordShelf, type StoredTenant } from './record-store.ts';
import { TENANT_STEPS } from './schema.ts';
import type { IssuedToken, Revoker, TokenPage } from './token-rows.ts';
import { TokenBook } from './token-store.ts';

export type { LimitState } from './limits.ts';
export type { StoredTenant } from './record-store.ts';
export type { IssuedToken, ListedToken, Revoker, TokenPage } from './token-rows.ts';

/** What a request asks of its tenant. */
export interface AdmitAsk {
  /** Ancestors oldest first, the token itself last; never empty. */
  chain: readonly ChainLink[];
  /** How many requests this one counts as: a whole number, 0 or more. */
  cost: number;
}

export type Admission =
  | { verdict: 'admitted'; tenant: TenantRecord; limits: LimitState[] }
  /** `limits` is empty when the refusal came before the rate was asked. */
  | { verdict: 'refused'; failure: Failure; limits: LimitState[] };

const refused = (why: Failure): Admission => ({ verdict: 'refused', failure: why, limits: [] });

const UNKNOWN = failure('tenant_unknown', 'The tenant of this token is not registered here any more.');

/**
 * One tenant: its record, the tokens it was given, which of them are revoked, and the rate. Every method runs from
 * start to end without waiting for anything, so what one call changed is true for the next.
 */
export class Tenant extends DurableObject {
  readonly #storage: DurableObjectStorage;
  #record: RecordShelf;
  #tokens: TokenBook;
  #meter: RateMeter;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, TENANT_STEPS);
    this.#storage = ctx.storage;
    this.#record = new RecordShelf(ctx.storage.sql);
    this.#tokens = new TokenBook(ctx.storage.sql);
    this.#meter = new RateMeter(ctx.storage.sql);
  }

  /** Registers the tenant, or replaces its record. True for the very next request. */
  put(id: TenantId, record: TenantRecord): { created: boolean; stored: StoredTenant } {
    const nowMs = Date.now();
    const now = new Date(nowMs).toISOString();
    const before = this.#record.read();
    const stored = { tenant: id, record, created_at: before?.created_at ?? now, updated_at: now };
    this.#change(() => {
      if (before !== null) this.#meter.retune('tenant', before.record.rate, record.rate, nowMs);
      this.#record.write(stored);
    });
    return { created: before === null, stored };
  }

  get(): StoredTenant | null {
    return this.#record.read();
  }

  /**
   * Takes the tenant off the register and revokes every token it was ever given, for good: they stay dead when a tenant
   * is registered under the same name again. The rate's clock stays too, so that this is no way to a fresh burst.
   * False when it was not registered.
   */
  remove(): boolean {
    const nowMs = Date.now();
    return this.#change(() => {
      const removed = this.#record.clear();
      if (removed) this.#tokens.revokeAll(nowMs);
      return removed;
    });
  }

  /** May this request go on? Once per request, and from memory: storage is touched once in a stride of requests. */
  admit({ chain, cost }: AdmitAsk): Admission {
    const self = chain.at(-1);
    if (self === undefined) throw new RangeError('A request is admitted for a token.');
    const stored = this.#record.read();
    if (stored === null) return refused(UNKNOWN);
    if (this.#tokens.isRevoked(self.id)) return refused(failure('token_revoked', 'This token was revoked.'));
    if (chain.some((link) => this.#tokens.isRevoked(link.id))) {
      return refused(failure('token_parent_revoked', 'A token this one was derived from was revoked.'));
    }
    if (stored.record.suspended) {
      return refused(failure('tenant_suspended', 'The operator has suspended this tenant.'));
    }
    const spent = this.#meter.spend(limitsOf(stored.record, chain), cost, Date.now());
    const limits = statesOf(spent.standings);
    return spent.refused === null
      ? { verdict: 'admitted', tenant: stored.record, limits }
      : { verdict: 'refused', failure: rateFailure(spent.refused, cost, self.id), limits };
  }

  /**
   * Enters a token before it is handed out; `chain` are its ancestors, oldest first. Fails with `tenant_unknown` or
   * `token_parent_revoked`; then the token must not be handed out.
   */
  issue(token: IssuedToken, chain: readonly TokenId[]): Result<null> {
    if (this.#record.read() === null) return err(UNKNOWN);
    const nowMs = Date.now();
    return this.#change(() => {
      this.#meter.forget(this.#tokens.prune(nowMs));
      return this.#tokens.issue(token, chain);
    });
  }

  /** Unexpired tokens, newest first, at most `limit`; `before` is the `next` of the page before. */
  tokens(page: { limit: number; before: string | null }): TokenPage {
    return this.#tokens.page(page.limit, page.before, Date.now());
  }

  /** Revokes a token; again is no error. A token that asks may revoke only itself and what was derived from it. */
  revoke(id: TokenId, by: Revoker): 'revoked' | 'unknown' {
    return this.#tokens.revoke(id, by, Date.now());
  }

  /** All of `act` or nothing. If it throws, memory is read again: it never says what storage does not. */
  #change<T>(act: () => T): T {
    try {
      return this.#storage.transactionSync(act);
    } catch (error) {
      const { sql } = this.#storage;
      this.#record = new RecordShelf(sql);
      this.#tokens = new TokenBook(sql);
      this.#meter = new RateMeter(sql);
      throw error;
    }
  }
}
