/** The permits that this isolate holds to ask PostHog: leased from a project's shield for a term, and given back unused. */
import type { ProjectId, TenantId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Payer, PermitLease, ReturnedPermits, ShareAsk } from '../../core/shield/upstream-share.ts';

type TenantPayer = Extract<Payer, { kind: 'tenant' }>;

interface Held {
  readonly lease: string;
  readonly untilMs: number;
  left: number;
}

/** The permits of one tenant in one project. */
interface Account {
  readonly projectId: ProjectId;
  readonly tenant: TenantId;
  held: Held[];
  /** Permits that were asked for, and are on their way. */
  wanted: number;
  termMs: number;
  usedInTerm: number;
  /** Of the last term in which any was used: as many are asked for again. */
  usedBefore: number;
}

interface Unused extends ReturnedPermits {
  readonly keptUntilMs: number;
}

/** A request for permits that is on its way, and when it left. */
export interface PendingAsk {
  readonly ask: ShareAsk;
  readonly askedMs: number;
}

/** Tenants of projects that an isolate remembers. */
const ACCOUNTS_MAX = 1000;
/** After a minute the shield has forgotten a lease. */
const UNUSED_MS = 60_000;
const UNUSED_MAX = 100;

/** One for all requests of an isolate. A clock that was set back ends every term. */
export class LeaseBook {
  readonly #nowMs: () => number;
  readonly #newId: () => string;
  /** Those used longest ago come first. */
  readonly #accounts = new Map<string, Account>();
  readonly #unused = new Map<ProjectId, Unused[]>();

  constructor(nowMs: () => number, newId: () => string) {
    this.#nowMs = nowMs;
    this.#newId = newId;
  }

  /** Is there a permit that can be used now? */
  holds(projectId: ProjectId, payer: TenantPayer): boolean {
    const account = this.#accountOf(projectId, payer);
    this.#endTerms(account, this.#nowMs());
    return account.held.length > 0;
  }

  /** Uses a permit where there is one. */
  take(projectId: ProjectId, payer: TenantPayer): boolean {
    const nowMs = this.#nowMs();
    const account = this.#accountOf(projectId, payer);
    this.#endTerms(account, nowMs);
    const [first] = account.held;
    if (first === undefined) return false;
    first.left -= 1;
    if (first.left === 0) account.held.shift();
    this.#countUse(account, nowMs);
    return true;
  }

  /** What to ask the shield for, at least the permit of the request that asks. */
  ask(projectId: ProjectId, payer: TenantPayer): PendingAsk {
    const nowMs = this.#nowMs();
    const account = this.#accountOf(projectId, payer);
    this.#endTerms(account, nowMs);
    const ask = {
      id: this.#newId(),
      tenant: payer.tenant,
      weight: payer.weight,
      want: Math.max(1, this.#missing(account)),
      returned: this.#takeUnused(projectId, nowMs),
    };
    account.wanted += ask.want;
    return { ask, askedMs: nowMs };
  }

  /** What a query asks for, which counts when its turn has come: one permit that is never held here. */
  askForOne(projectId: ProjectId, { tenant, weight }: TenantPayer): Omit<ShareAsk, 'id'> {
    return { tenant, weight, want: 1, returned: this.#takeUnused(projectId, this.#nowMs()) };
  }

  /** As `ask`, where a call to the shield is due anyway; null where there are enough permits. */
  askAlong(projectId: ProjectId, payer: TenantPayer): PendingAsk | null {
    const account = this.#accountOf(projectId, payer);
    this.#endTerms(account, this.#nowMs());
    return this.#leftOf(account) > 0 && this.#missing(account) <= 0 ? null : this.ask(projectId, payer);
  }

  /** The ask was answered: with a lease, or with none. `used` of its permits are used at once. */
  settle(
    projectId: ProjectId,
    payer: TenantPayer,
    { ask, askedMs }: PendingAsk,
    lease: PermitLease | null,
    used: 0 | 1,
  ): void {
    const nowMs = this.#nowMs();
    const account = this.#accountOf(projectId, payer);
    account.wanted = Math.max(0, account.wanted - ask.want);
    if (lease === null) return;
    if (used > 0) this.#countUse(account, nowMs);
    const left = lease.permits - used;
    if (left === 0) return;
    account.held.push({ lease: lease.id, untilMs: askedMs + LIMITS.permitTermMs, left });
    this.#endTerms(account, nowMs);
  }

  /** PostHog wants to be left alone: no permit of the project holds any more. */
  endAll(projectId: ProjectId): void {
    const nowMs = this.#nowMs();
    for (const account of this.#accounts.values()) {
      if (account.projectId === projectId) this.#end(account, () => true, nowMs);
    }
  }

  #leftOf({ held }: Account): number {
    return held.reduce((sum, { left }) => sum + left, 0);
  }

  #missing(account: Account): number {
    const useful = Math.max(account.usedBefore, account.usedInTerm);
    return useful - this.#leftOf(account) - account.wanted;
  }

  #countUse(account: Account, nowMs: number): void {
    const ageMs = nowMs - account.termMs;
    if (ageMs < 0 || ageMs >= LIMITS.permitTermMs) {
      account.usedBefore = account.usedInTerm;
      account.usedInTerm = 0;
      account.termMs = nowMs;
    }
    account.usedInTerm += 1;
  }

  #endTerms(account: Account, nowMs: number): void {
    this.#end(account, ({ untilMs }) => nowMs >= untilMs || untilMs - nowMs > LIMITS.permitTermMs, nowMs);
  }

  #end(account: Account, isOver: (held: Held) => boolean, nowMs: number): void {
    const over = account.held.filter(isOver);
    if (over.length === 0) return;
    account.held = account.held.filter((held) => !isOver(held));
    const ended = over.map(({ lease, left }) => ({ lease, permits: left, keptUntilMs: nowMs + UNUSED_MS }));
    const all = [...(this.#unused.get(account.projectId) ?? []), ...ended];
    this.#unused.set(account.projectId, all.slice(-UNUSED_MAX));
  }

  #takeUnused(projectId: ProjectId, nowMs: number): ReturnedPermits[] {
    const unused = this.#unused.get(projectId) ?? [];
    this.#unused.delete(projectId);
    return unused
      .filter(({ keptUntilMs }) => nowMs < keptUntilMs)
      .map(({ lease, permits }) => ({ lease, permits }));
  }

  #accountOf(projectId: ProjectId, { tenant }: TenantPayer): Account {
    const name = `${projectId}/${tenant}`;
    const account = this.#accounts.get(name) ?? {
      projectId,
      tenant,
      held: [],
      wanted: 0,
      termMs: Number.NEGATIVE_INFINITY,
      usedInTerm: 0,
      usedBefore: 0,
    };
    this.#accounts.delete(name);
    this.#accounts.set(name, account);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > ACCOUNTS_MAX && oldest !== undefined) this.#accounts.delete(oldest);
    return account;
  }
}
