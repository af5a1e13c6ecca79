/**
 * One of PostHog's limits: what may be taken of it now. It is never exceeded in any minute, and is spent at a pace that
 * leaves something for a tenant that comes late: what PostHog has counted cannot be taken back for a minute.
 */
import { LIMITS } from '../../../core/limits.ts';
import { RequestWindow, WINDOW_MS } from '../request-window.ts';
import { Ceiling, type CeilingKind } from './ceiling.ts';

/** `own`: for a tenant that had less than its share. `lent`: for one that had its share, of what is left over. */
export type Claim = 'own' | 'lent';

/** A permit counts from when it is given. PostHog counts it when it arrives: a term, and a way, later. */
const COUNTED_MS = WINDOW_MS + LIMITS.permitTermMs + 2000;
/** Of the quota, for deletes and their look-ups. */
const RESERVED_PART = 1 / 20;
/** Of the rest: spent without a pace while less of the minute's quota than this is used. */
const EARLY_PART = 1 / 3;
/** Of the rest: kept back for tenants that had less than their share. */
const KEPT_PART = 1 / 12;
/** Of the rest: what may be lent at once. */
const BURST_PART = 1 / 48;

/** The quota of a minute, divided. */
interface Parts {
  readonly all: number;
  readonly reserved: number;
  /** What tenants share. */
  readonly shared: number;
  readonly kept: number;
  readonly capacity: number;
}

/** What was taken, so that it can be given back. */
export interface Taken {
  readonly atMs: number;
  readonly permits: number;
  /** Those of them that were spent without a pace. */
  readonly early: number;
}

/** `nowMs` never runs back. */
export class Quota {
  readonly #ceiling: Ceiling;
  readonly #used = new RequestWindow(COUNTED_MS);
  readonly #early = new RequestWindow(COUNTED_MS);
  readonly #reserved = new RequestWindow(COUNTED_MS);
  /** What the pace allows now: permits that have come due and were not taken. */
  #due: number;
  #dueMs: number | null = null;
  #pausedUntilMs = 0;

  constructor(perMinute: number, kind: CeilingKind) {
    this.#ceiling = new Ceiling(perMinute, kind);
    this.#due = partsOf(this.#ceiling.at(0)).capacity;
  }

  /** Permits that may be taken now. */
  available(claim: Claim, nowMs: number): number {
    if (this.pausedMs(nowMs) > 0) return 0;
    this.#comeDue(nowMs);
    const parts = this.#parts(nowMs);
    const paced = Math.floor(claim === 'own' ? this.#due : this.#due - parts.kept);
    const early = claim === 'own' ? this.#earlyLeft(parts, nowMs) : 0;
    return Math.max(0, Math.min(this.#room(parts, nowMs), Math.max(0, paced) + early));
  }

  /** Takes permits that are available. */
  take(permits: number, claim: Claim, nowMs: number): Taken {
    this.#comeDue(nowMs);
    const parts = this.#parts(nowMs);
    const paced = Math.min(permits, Math.max(0, Math.floor(this.#due - parts.kept)));
    const early = claim === 'own' ? Math.min(permits - paced, this.#earlyLeft(parts, nowMs)) : 0;
    this.#due -= permits - early;
    this.#used.add(permits, nowMs);
    if (early > 0) this.#early.add(early, nowMs);
    return { atMs: nowMs, permits, early };
  }

  /** Some of what was taken was not used, or is taken anew. */
  giveBack({ atMs, early }: Taken, permits: number, nowMs: number): void {
    this.#comeDue(nowMs);
    this.#used.remove(permits, atMs);
    const ofEarly = Math.min(early, permits);
    this.#early.remove(ofEarly, atMs);
    this.#due += permits - ofEarly;
  }

  /** PostHog took calls that ask for no permit. Beyond their reserved part they leave less for the others. */
  spendReserved(calls: number, nowMs: number): void {
    if (calls === 0) return;
    this.#comeDue(nowMs);
    this.#used.add(calls, nowMs);
    this.#reserved.add(calls, nowMs);
    const { reserved, capacity } = this.#parts(nowMs);
    const beyond = Math.max(0, this.#reserved.count(nowMs) - reserved);
    this.#due = Math.max(-capacity, this.#due - Math.min(calls, beyond));
  }

  /** PostHog refused a request by its rate: it is left alone for so long, and asked less afterwards. */
  throttle(ms: number, nowMs: number): void {
    this.#comeDue(nowMs);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + Math.min(ms, LIMITS.queryPauseMsMax));
    this.#ceiling.halve(this.#pausedUntilMs, nowMs);
  }

  /** What PostHog refused is forgotten. */
  endPause(): void {
    this.#pausedUntilMs = 0;
    this.#ceiling.restore();
  }

  pausedMs(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs);
  }

  /** Milliseconds until so many permits can have been given, where nobody else takes any; 0 where they can now. */
  msUntil(permits: number, claim: Claim, nowMs: number): number {
    if (this.available(claim, nowMs) >= permits) return 0;
    const parts = this.#parts(nowMs);
    const missing = permits + (claim === 'own' ? 0 : parts.kept) - this.#due;
    const pacedMs = Math.max(0, Math.ceil(missing / this.#perMs(parts, nowMs)));
    const earlyMs =
      claim === 'own' ? this.#used.msUntilBelow(parts.shared * EARLY_PART, nowMs) : Number.POSITIVE_INFINITY;
    const held = Math.max(0, parts.reserved - this.#reserved.count(nowMs));
    const roomMs = this.#used.msUntilBelow(Math.max(1, parts.all - held), nowMs);
    return Math.max(this.pausedMs(nowMs), roomMs, Math.min(pacedMs, earlyMs), 1);
  }

  /** Requests a minute that tenants share in the long run. */
  sharedPerMinute(nowMs: number): number {
    const { shared, capacity } = this.#parts(nowMs);
    return Math.max(1, shared - capacity);
  }

  /** The most that one tenant may take without a pace. */
  earlyMax(nowMs: number): number {
    return this.#parts(nowMs).shared * EARLY_PART;
  }

  snapshot(nowMs: number) {
    return {
      configuredPerMinute: this.#ceiling.configured,
      learnedPerMinute: this.#ceiling.at(nowMs),
      reservedPerMinute: this.#parts(nowMs).reserved,
      used: this.#used.count(nowMs),
      reservedUsed: this.#reserved.count(nowMs),
      pausedMs: this.pausedMs(nowMs),
    };
  }

  #parts(nowMs: number): Parts {
    return partsOf(this.#ceiling.at(nowMs));
  }

  /** What PostHog would still take within the minute, without what deletes may need. */
  #room({ all, reserved }: Parts, nowMs: number): number {
    const held = Math.max(0, reserved - this.#reserved.count(nowMs));
    return Math.max(0, all - held - this.#used.count(nowMs));
  }

  #earlyLeft({ shared }: Parts, nowMs: number): number {
    return Math.max(0, Math.ceil(shared * EARLY_PART - this.#used.count(nowMs)));
  }

  /** What was spent without a pace is saved in the minute that follows. */
  #perMs({ shared, capacity }: Parts, nowMs: number): number {
    return Math.max(shared / 4, shared - capacity - this.#early.count(nowMs)) / COUNTED_MS;
  }

  #comeDue(nowMs: number): void {
    const parts = this.#parts(nowMs);
    const elapsedMs = this.#dueMs === null ? 0 : nowMs - this.#dueMs;
    this.#due = Math.min(parts.capacity, this.#due + elapsedMs * this.#perMs(parts, nowMs));
    this.#dueMs = nowMs;
  }
}

function partsOf(all: number): Parts {
  const reserved = Math.floor(all * RESERVED_PART);
  const shared = all - reserved;
  const kept = Math.floor(shared * KEPT_PART);
  return { all, reserved, shared, kept, capacity: kept + Math.max(1, Math.floor(shared * BURST_PART)) };
}
