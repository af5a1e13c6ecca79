/**
 * PostHog's quota, shared by weight. A tenant below its share is served at once; what is left over is lent out in turns.
 * A state machine without a clock and without I/O: every method takes the time and returns the decisions that became due.
 */
import type { TenantId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import type {
  PermitLease,
  QuotaKind,
  QuotaSnapshot,
  ReturnedPermits,
  ShareAsk,
} from '../../../core/shield/upstream-share.ts';
import { WINDOW_MS } from '../request-window.ts';
import type { CeilingKind } from './ceiling.ts';
import { Quota, type Claim, type Taken } from './quota.ts';
import { ActiveTenants, type ActiveTenant } from './tenants.ts';
import { Turns, type Line, type Waiting } from './turns.ts';

/** `paused`: PostHog wants to be left alone for longer than a request may wait. `waited`: the wait was as long as one may be. */
export type ShareRefusal = 'paused' | 'crowded' | 'waited';

export type ShareVerdict =
  | { readonly kind: 'granted'; readonly lease: PermitLease }
  | { readonly kind: 'refused'; readonly reason: ShareRefusal; readonly retryAfterSeconds: number };

/** The end of the wait of the ask `id`. */
export interface ShareDecision {
  readonly id: string;
  readonly verdict: ShareVerdict;
}

interface Leased {
  readonly tenant: TenantId;
  readonly taken: Taken;
}

/** Of what a tenant has left, that one lease may have: so that no isolate starves another. */
const LEASE_PART = 1 / 4;
/** A tenant is served at once up to this part of its share, so that all of them together leave room for one more. */
const AT_ONCE_PART = 0.9;
/** Milliseconds between two looks while someone waits. */
const LOOK_MS = { min: 10, max: 250 };
const RETRY_SECONDS_MAX = 60;

/** `nowMs` never runs back. */
export class FairShare {
  readonly #kind: QuotaKind;
  readonly #quota: Quota;
  readonly #tenants = new ActiveTenants();
  readonly #turns = new Turns();
  /** What was leased within the last minute, and may come back; the oldest first. */
  readonly #leased = new Map<string, Leased>();

  constructor(kind: QuotaKind, perMinute: number, ceiling: CeilingKind = 'known') {
    this.#kind = kind;
    this.#quota = new Quota(perMinute, ceiling);
  }

  /** A tenant wants to ask PostHog, and waits for its turn where it has to. */
  ask({ id, tenant, weight, want, returned }: ShareAsk, nowMs: number): ShareDecision[] {
    this.giveBack(returned, nowMs);
    this.#tenants.note(tenant, weight);
    const untilMs = nowMs + LIMITS.shareWaitMsMax;
    if ((this.#turns.lineOf(tenant)?.waiting.length ?? 0) >= LIMITS.shareWaitingMax) {
      return [this.#refusal(id, tenant, 'crowded', nowMs), ...this.advance(nowMs)];
    }
    this.#turns.add(tenant, weight, { id, want, untilMs });
    return this.advance(nowMs);
  }

  /** The same for a tenant that does not wait: null where it would have to. */
  offer({ id, tenant, weight, want, returned }: ShareAsk, nowMs: number): PermitLease | null {
    this.giveBack(returned, nowMs);
    const asking = this.#tenants.note(tenant, weight);
    this.#tenants.forgetIdle((one) => one === tenant || this.#isWaiting(one), nowMs);
    const claim = this.#claimOf(asking, nowMs);
    const isBehind = this.#turns.lines.some((line) => claim === 'lent' || this.#mayHaveOwn(line, nowMs));
    if (isBehind || this.#quota.available(claim, nowMs) < 1) return null;
    return this.#lease(id, asking, claim, want, nowMs);
  }

  /** Permits that were not used. Each lease can come back once. */
  giveBack(returned: readonly ReturnedPermits[], nowMs: number): void {
    for (const { lease, permits } of returned) {
      const leased = this.#leased.get(lease);
      if (leased === undefined || permits < 1) continue;
      this.#leased.delete(lease);
      const unused = Math.min(permits, leased.taken.permits);
      this.#quota.giveBack(leased.taken, unused, nowMs);
      this.#tenants.get(leased.tenant)?.used.remove(unused, leased.taken.atMs);
    }
  }

  /** What the permits of a lease are for is sent only now: they count from now on. */
  postpone(lease: string, nowMs: number): void {
    const leased = this.#leased.get(lease);
    const tenant = leased === undefined ? undefined : this.#tenants.get(leased.tenant);
    if (leased === undefined || tenant === undefined) return;
    const { permits } = leased.taken;
    this.giveBack([{ lease, permits }], nowMs);
    this.#leased.set(lease, { tenant: tenant.tenant, taken: this.#quota.take(permits, 'own', nowMs) });
    tenant.used.add(permits, nowMs);
  }

  /** PostHog took calls of the reserved part, which wait for no turn. */
  spendReserved(calls: number, nowMs: number): void {
    this.#quota.spendReserved(calls, nowMs);
  }

  /** The caller of an ask is gone. */
  cancel(id: string, nowMs: number): ShareDecision[] {
    this.#turns.drop((waiting) => waiting.id === id);
    const leased = this.#leased.get(id);
    if (leased !== undefined) this.giveBack([{ lease: id, permits: leased.taken.permits }], nowMs);
    return this.advance(nowMs);
  }

  /** PostHog refused a request by its rate limit, and says for how long. */
  throttle(ms: number, nowMs: number): ShareDecision[] {
    this.#quota.throttle(ms, nowMs);
    return this.advance(nowMs);
  }

  /** What PostHog refused is forgotten. */
  endPause(nowMs: number): ShareDecision[] {
    this.#quota.endPause();
    return this.advance(nowMs);
  }

  /** Decides whatever can be decided at `nowMs`. */
  advance(nowMs: number): ShareDecision[] {
    this.#tenants.forgetIdle((tenant) => this.#isWaiting(tenant), nowMs);
    for (const [id, { taken }] of this.#leased) {
      if (nowMs - taken.atMs < WINDOW_MS) break;
      this.#leased.delete(id);
    }
    const granted = this.#grant(nowMs);
    const pausedMs = this.#quota.pausedMs(nowMs);
    const isHopeless = ({ untilMs }: Waiting) => pausedMs > 0 && untilMs < nowMs + pausedMs;
    const refused = this.#turns
      .drop((waiting) => waiting.untilMs <= nowMs || isHopeless(waiting))
      .map(({ line, waiting }) =>
        this.#refusal(waiting.id, line.tenant, isHopeless(waiting) ? 'paused' : 'waited', nowMs),
      );
    return [...granted, ...refused];
  }

  /** When `advance` is next worth calling; `null` while nobody waits. */
  nextMs(nowMs: number): number | null {
    if (this.#turns.isEmpty) return null;
    const ends = this.#turns.lines.flatMap(({ waiting }) => waiting.map(({ untilMs }) => untilMs));
    const claim = this.#turns.lines.some((line) => this.#mayHaveOwn(line, nowMs)) ? 'own' : 'lent';
    const lookMs = Math.min(Math.max(this.#quota.msUntil(1, claim, nowMs), LOOK_MS.min), LOOK_MS.max);
    return Math.min(nowMs + lookMs, ...ends);
  }

  snapshot(nowMs: number): QuotaSnapshot {
    return {
      kind: this.#kind,
      ...this.#quota.snapshot(nowMs),
      tenants: [...this.#tenants.all()].map((one) => ({
        tenant: one.tenant,
        weight: one.weight,
        sharePerMinute: Math.floor(this.#tenants.partOf(one) * this.#quota.sharedPerMinute(nowMs)),
        used: one.used.count(nowMs),
        waiting: this.#turns.lineOf(one.tenant)?.waiting.length ?? 0,
      })),
    };
  }

  #grant(nowMs: number): ShareDecision[] {
    const granted: ShareDecision[] = [];
    while (!this.#turns.isEmpty) {
      const own = this.#quota.available('own', nowMs) >= 1;
      const lent = this.#quota.available('lent', nowMs) >= 1;
      const next =
        (own ? this.#turns.next((line) => this.#mayHaveOwn(line, nowMs)) : null) ??
        (lent ? this.#turns.next(() => true) : null);
      if (next === null) break;
      const { line, waiting } = next;
      const asking = this.#tenants.note(line.tenant, line.weight);
      const want = this.#turns.isEmpty ? waiting.want : 1;
      const lease = this.#lease(waiting.id, asking, this.#claimOf(asking, nowMs), want, nowMs);
      granted.push({ id: waiting.id, verdict: { kind: 'granted', lease } });
    }
    return granted;
  }

  #lease(id: string, asking: ActiveTenant, claim: Claim, want: number, nowMs: number): PermitLease {
    const available = this.#quota.available(claim, nowMs);
    const left = claim === 'own' ? Math.min(available, this.#ownLeft(asking, nowMs)) : available;
    const permits = Math.max(1, Math.min(want, Math.floor(left * LEASE_PART)));
    const taken = this.#quota.take(permits, claim, nowMs);
    asking.used.add(permits, nowMs);
    this.#leased.set(id, { tenant: asking.tenant, taken });
    return { id, permits };
  }

  #isWaiting(tenant: TenantId): boolean {
    return this.#turns.lineOf(tenant) !== undefined;
  }

  #claimOf(asking: ActiveTenant, nowMs: number): Claim {
    return this.#ownLeft(asking, nowMs) > 0 ? 'own' : 'lent';
  }

  #mayHaveOwn({ tenant }: Line, nowMs: number): boolean {
    const waiting = this.#tenants.get(tenant);
    return waiting !== undefined && this.#claimOf(waiting, nowMs) === 'own';
  }

  /** What a tenant has left of its share of the minute. */
  #ownLeft(asking: ActiveTenant, nowMs: number): number {
    const share = this.#tenants.partOf(asking) * this.#quota.sharedPerMinute(nowMs) * AT_ONCE_PART;
    return Math.ceil(Math.min(share, this.#quota.earlyMax(nowMs)) - asking.used.count(nowMs));
  }

  #refusal(id: string, tenant: TenantId, reason: ShareRefusal, nowMs: number): ShareDecision {
    const seconds = Math.ceil(this.#msUntilTurn(tenant, nowMs) / 1000);
    const retryAfterSeconds =
      reason === 'paused' ? Math.max(1, seconds) : Math.min(Math.max(1, seconds), RETRY_SECONDS_MAX);
    return { id, verdict: { kind: 'refused', reason, retryAfterSeconds } };
  }

  /** Until the turn of one more request of a tenant: behind its own, and as many of the others as their weights say. */
  #msUntilTurn(tenant: TenantId, nowMs: number): number {
    const asking = this.#tenants.get(tenant);
    if (asking === undefined) return this.#quota.msUntil(1, 'lent', nowMs);
    const claim = this.#claimOf(asking, nowMs);
    const own = this.#turns.lineOf(tenant)?.waiting.length ?? 0;
    const rounds = (own + 1) / asking.weight;
    const others = this.#turns.lines
      .filter((line) => line.tenant !== tenant && (claim === 'lent' || this.#mayHaveOwn(line, nowMs)))
      .reduce((sum, line) => sum + Math.min(line.waiting.length, Math.ceil(rounds * line.weight)), 0);
    return this.#quota.msUntil(own + 1 + others, claim, nowMs);
  }
}
