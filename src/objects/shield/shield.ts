import { DurableObject } from 'cloudflare:workers';
import { readConfig } from '../../config.ts';
import { failureUntil } from '../../core/failure.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type {
  Abandonment,
  RecallAsk,
  Recalled,
  SharedAnswer,
  Ticket,
} from '../../core/shield/shared-answer.ts';
import { rateLimitedFor } from '../../core/shield/rate-limited.ts';
import type { NewsUse, ProjectNews, Tombstone } from '../../core/shield/tombstones.ts';
import type {
  PermitLease,
  QuotaKind,
  QuotaSnapshot,
  ReservedCalls,
  ShareAsk,
} from '../../core/shield/upstream-share.ts';
import type { AnswerFacts, PermitAsk } from '../../upstream/pacing.ts';
import { migrate } from '../migrations.ts';
import { AnswerBook } from './answer-book.ts';
import { LeaseTerm } from './lease-term.ts';
import { PermitQueue, type Decision, type Verdict } from './permit-queue.ts';
import { SHIELD_STEPS } from './schema.ts';
import { ShareDesk } from './share/share-desk.ts';
import { steadyClock } from './steady-clock.ts';
import { TombstoneStore } from './tombstone-store.ts';
import { WaitingRoom } from './waiting-room.ts';

/** How long queries pause after a 429 without `Retry-After`: others have filled PostHog's places (corrections §5 Q10). */
const CROWDED_PAUSE_MS = 2000;
/** PostHog's limits of a minute never say to wait for longer. One that does is a limit of an hour, which queries have alone. */
const MINUTE_SECONDS = 60;

/** The Worker serves nothing then; its objects are there. */
const UNCONFIGURED = { requestsPerMinute: null, upstream: { origin: '' }, generation: 'B' } as const;

/** A PostHog of this machine: one's own, or what stands in for it. Its limits are often switched off. */
const isLoopback = (origin: string): boolean =>
  /^https?:\/\/(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(origin);

/**
 * Stands before one PostHog project: its tenants share PostHog's quota here, its queries take turns, and its tombstones are
 * kept. Permits are in memory: an object that restarts knows of none that it gave, and learns it from PostHog's 429.
 */
export class Shield extends DurableObject {
  readonly #nowMs = steadyClock(() => Date.now());
  readonly #queue = new PermitQueue();
  readonly #desk: ShareDesk;
  readonly #countsByHour: boolean;
  readonly #turns = new WaitingRoom(this.#queue, resultOf, this.#nowMs);
  readonly #tombstones: TombstoneStore;
  readonly #term: LeaseTerm;
  /** The same for isolates that share answers. */
  readonly #answerTerm: LeaseTerm;
  readonly #answers: AnswerBook;

  constructor(ctx: DurableObjectState, env: object) {
    super(ctx, env);
    const configured = readConfig(env);
    const { requestsPerMinute, upstream, generation } = configured.ok ? configured.config : UNCONFIGURED;
    this.#countsByHour = generation === 'A';
    this.#desk = new ShareDesk({
      requestsPerMinute: requestsPerMinute ?? LIMITS.upstreamRequestsPerMinute,
      ceiling: requestsPerMinute === null && isLoopback(upstream.origin) ? 'untried' : 'known',
      generation,
      nowMs: this.#nowMs,
    });
    migrate(ctx.storage, SHIELD_STEPS);
    this.#tombstones = new TombstoneStore(ctx.storage.sql);
    this.#term = new LeaseTerm(LIMITS.tombstoneLeaseMs, this.#nowMs());
    this.#answerTerm = new LeaseTerm(LIMITS.tombstoneLeaseMs, this.#nowMs());
    this.#answers = new AnswerBook(crypto.randomUUID());
  }

  /**
   * Waits for the share of the query's tenant, and then for a place among the queries, which ends with `release`, with
   * `cancel` or after its `holdMs`.
   */
  async acquire({ id, holdMs, share }: PermitAsk): Promise<Result<null>> {
    if (share === null) this.#desk.spendReserved({ reads: 1, deletes: 0 });
    else {
      const shared = await this.#desk.ask({ ...share, id });
      if (!shared.ok) return shared;
    }
    const turn = await this.#turns.wait(id, (nowMs) => this.#queue.ask(id, holdMs, nowMs, share?.tenant));
    if (turn.ok) this.#desk.postpone(id);
    else this.#desk.cancel(id);
    return turn;
  }

  /** Waits for permits of a tenant's share. */
  share(ask: ShareAsk): Promise<Result<PermitLease>> {
    return this.#desk.ask(ask);
  }

  /** How PostHog's limits stand. */
  quotas(): QuotaSnapshot[] {
    return this.#desk.snapshot();
  }

  /** Forgets that PostHog wanted to be left alone, and says whether it did: its limits, or the key, are others now. */
  endPauses(): boolean {
    const wasPaused = this.#desk.snapshot().some(({ pausedMs }) => pausedMs > 0);
    this.#desk.endPauses();
    this.#turns.settle((nowMs) => this.#queue.endPause(nowMs));
    return wasPaused;
  }

  /** The query of a permit was answered. */
  release(id: string, answer: AnswerFacts): void {
    if (answer.status === 429) this.#heedQuery(answer.retryAfterSeconds);
    this.#turns.settle((nowMs) => [...this.#pauseQueries(answer, nowMs), ...this.#queue.leave(id, nowMs)]);
  }

  /** The caller of a query or of a share, which waits or was given, is gone. */
  cancel(id: string): void {
    this.#desk.cancel(id);
    const gone: Verdict = { kind: 'refused', reason: 'waited', retryAfterSeconds: 1 };
    this.#turns.settle((nowMs) => [{ id, verdict: gone }, ...this.#queue.leave(id, nowMs)]);
  }

  /** Calls of the reserved part, and how the newest call of this kind was answered. */
  report(calls: ReservedCalls, newest: AnswerFacts, kind: QuotaKind): void {
    this.#desk.spendReserved(calls);
    const { status, retryAfterSeconds: seconds } = newest;
    if (status === 429) {
      this.#desk.throttle(seconds === null ? CROWDED_PAUSE_MS : seconds * 1000, kind === 'deletes');
    }
    if (kind === 'deletes') return;
    this.#turns.settle((nowMs) => this.#pauseQueries(newest, nowMs));
  }

  /**
   * What to add to the tombstones of these keys, and take from them; and the epoch. The answer may be used for a term.
   * Permits come along where they are wanted and nobody has to wait for them.
   */
  news(
    keys: readonly string[],
    use: NewsUse,
    wanted: ShareAsk | null = null,
  ): ProjectNews & { readonly lease?: PermitLease } {
    const news = this.#tombstones.newsFor(keys);
    const nowMs = this.#nowMs();
    this.#term.tell(nowMs);
    if (use === 'answers') this.#answerTerm.tell(nowMs);
    const lease = wanted === null ? null : this.#desk.offer(wanted);
    return { ...news, epoch: this.#answers.epoch, ...(lease === null ? {} : { lease }) };
  }

  /**
   * Answers once no isolate shows the persons any more, with how many of the tombstones are kept, from the first on:
   * fewer than all where the project has as many as it may.
   */
  async bury(tombstones: readonly Tombstone[]): Promise<number> {
    const nowMs = Date.now();
    const full = tombstones.findIndex((tombstone) => !this.#tombstones.add(tombstone, nowMs));
    const kept = full === -1 ? tombstones.length : full;
    if (kept === 0) return 0;
    this.#answers.forget();
    await this.#endOf(this.#term);
    return kept;
  }

  /** Ends the tombstones whose key begins with `prefix`, and says how many. Who learns of it learns of the new epoch too. */
  endTombstones(prefix: string): number {
    const ended = this.#tombstones.end(prefix);
    if (ended > 0) this.#answers.forget();
    return ended;
  }

  /** The answer to a read, or who is to ask PostHog for it. */
  async recall(ask: RecallAsk): Promise<Recalled> {
    return this.#answers.recall(ask, this.#nowMs());
  }

  /** What PostHog answered to who holds the ticket. */
  remember(ticket: Ticket, answer: SharedAnswer): void {
    this.#answers.remember(ticket, answer);
  }

  /** Who holds the ticket has no answer to share. */
  abandon(ticket: Ticket, why: Abandonment): void {
    this.#answers.abandon(ticket, why, this.#nowMs());
  }

  /** Something of the project was changed. Answers once nobody is given an answer any more that was asked for before. */
  async forgetAnswers(): Promise<void> {
    this.#answers.forget();
    await this.#endOf(this.#answerTerm);
  }

  /** Waits until no isolate goes by what it was told up to now. */
  async #endOf(term: LeaseTerm): Promise<void> {
    const ms = term.msLeft(this.#nowMs());
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** PostHog answered a query with 429. Without `Retry-After` its places are taken, and its rate is not. */
  #heedQuery(retryAfterSeconds: number | null): void {
    if (retryAfterSeconds === null) return;
    if (retryAfterSeconds <= MINUTE_SECONDS || this.#countsByHour) {
      this.#desk.throttle(retryAfterSeconds * 1000, false);
    }
  }

  #pauseQueries({ status, retryAfterSeconds }: AnswerFacts, nowMs: number): Decision[] {
    const pauseMs = retryAfterSeconds === null ? null : retryAfterSeconds * 1000;
    if (status === 429) return this.#queue.pause(pauseMs ?? CROWDED_PAUSE_MS, nowMs);
    return status === 503 && pauseMs !== null ? this.#queue.pause(pauseMs, nowMs) : [];
  }
}

function resultOf(verdict: Verdict): Result<null> {
  if (verdict.kind === 'granted') return ok(null);
  const { reason, retryAfterSeconds: seconds } = verdict;
  switch (reason) {
    case 'throttled':
      return err(rateLimitedFor(seconds));
    case 'crowded':
      return err(
        failureUntil(
          'upstream_busy',
          `Too many queries are waiting for PostHog already. Try again in ${seconds} s.`,
          seconds,
        ),
      );
    case 'waited':
      return err(
        failureUntil(
          'upstream_busy',
          `PostHog was busy with other queries for as long as a query may wait. Try again in ${seconds} s.`,
          seconds,
        ),
      );
  }
}
