import type { TokenId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { lastRefused, type RefusedRequest } from '../../../core/usage/refused-request.ts';
import {
  DAY_MS,
  dayOf,
  HOUR_MS,
  HOURS_OF_DAY,
  hourOf,
  type TokenHour,
  type UsageReport,
} from '../../../core/usage/usage.ts';
import type { Lineage } from '../token-rows.ts';
import { addHours, hoursText, JournalRow, journalText, UsageRow, type TokenUsage } from './stored.ts';

/** Reports that are remembered, so that one that comes again is not counted again. */
const REPORTS_REMEMBERED = 1000;
/** Rows thrown away with the rows of an hour: more than an hour adds. */
const PRUNED_AT_ONCE = 2 * LIMITS.usageTokensPerDayMax;
/** The platform takes rows of up to 2 MB. Thousands of tokens with long names fill one. */
const JOURNAL_BYTES_MAX = 1_800_000;

export interface UsageSurroundings {
  /** What is known of a token; null for one that is not known. */
  readonly lineageOf: (token: TokenId) => Lineage | null;
  readonly nowMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

interface Journal {
  readonly tokens: Map<TokenId, TokenUsage>;
  /** The hour in which rows were last written; null before the first. */
  readonly writtenHour: number | null;
  /** The last requests that were refused, newest first. */
  readonly refused: readonly RefusedRequest[];
}

/** A refused request with what its token was called when it was asked for; null where that is not known. */
export interface NamedRefused extends RefusedRequest {
  readonly token_name: string | null;
}

/**
 * The usage of a tenant's tokens. Reports are added to the journal, one row for all tokens, which is written at most once
 * in some seconds. When an hour is over, or the journal too large for a row, its counts go on to the rows of the tokens, one
 * for each token and day.
 */
export class UsageBook {
  readonly #storage: DurableObjectStorage;
  readonly #surroundings: UsageSurroundings;
  readonly #seen = new Set<string>();
  #journal: Journal | null = null;
  /** When the journal was last written; null where this life of the object has not written it. */
  #writtenMs: number | null = null;
  #isWaiting = false;

  constructor(storage: DurableObjectStorage, surroundings: UsageSurroundings) {
    this.#storage = storage;
    this.#surroundings = surroundings;
  }

  /** What is not in the rows yet. */
  get unwritten(): Iterable<TokenUsage> {
    return this.#read().tokens.values();
  }

  /** The last requests that were refused, newest first. */
  get lastRefused(): NamedRefused[] {
    const since = new Date(this.#surroundings.nowMs() - LIMITS.usageDaysMax * DAY_MS).toISOString();
    const { refused } = this.#read();
    return refused.filter(({ refused_at: at }) => at > since).map(this.#named);
  }

  #named = (request: RefusedRequest): NamedRefused => ({
    ...request,
    token_name: this.#surroundings.lineageOf(request.token)?.name ?? null,
  });

  /** Counts what an isolate reports, once. */
  take({ id, hours, refused = [] }: UsageReport): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > REPORTS_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    const journal = this.#read();
    for (const one of hours) this.#add(journal.tokens, one);
    if (refused.length > 0) this.#journal = { ...journal, refused: this.#lastOf(journal, refused) };
    this.#writeInTime();
  }

  /** A request that the clock of this object makes impossible is one of now: else it would stay for good. */
  #lastOf(journal: Journal, refused: readonly RefusedRequest[]): readonly RefusedRequest[] {
    const now = new Date(this.#surroundings.nowMs()).toISOString();
    const shifted = refused.map((request) =>
      request.refused_at > now ? { ...request, refused_at: now } : request,
    );
    return lastRefused([...shifted, ...journal.refused]);
  }

  /** An hour that the clock of this object makes impossible is the one of now. */
  #add(tokens: Map<TokenId, TokenUsage>, { hour, token, counts }: TokenHour): void {
    const thisHour = hourOf(this.#surroundings.nowMs());
    const at = hour > thisHour || hour < thisHour - HOURS_OF_DAY ? thisHour : hour;
    const as = tokens.size < LIMITS.usageTokensPerDayMax ? token : this.#mintedOf(token);
    const known = tokens.get(token) ?? tokens.get(as) ?? this.#new(as);
    tokens.set(known.token, { ...known, hours: addHours(known.hours, new Map([[at, counts]])) });
  }

  #new(token: TokenId): TokenUsage {
    const { name, ancestors } = this.#surroundings.lineageOf(token) ?? { name: null, ancestors: [] };
    return { token, name, ancestors, hours: new Map() };
  }

  #mintedOf = (token: TokenId): TokenId => this.#surroundings.lineageOf(token)?.ancestors[0] ?? token;

  /** An object that is left alone is soon forgotten, so a report is written at once where the last is some time ago. */
  #writeInTime(): void {
    const sinceMs = this.#writtenMs === null ? null : this.#surroundings.nowMs() - this.#writtenMs;
    if (sinceMs === null || sinceMs < 0 || sinceMs >= LIMITS.usageWriteMs) return this.#write();
    if (!this.#isWaiting) void this.#writeAfter(LIMITS.usageWriteMs - sinceMs);
  }

  async #writeAfter(ms: number): Promise<void> {
    this.#isWaiting = true;
    await this.#surroundings.pause(ms);
    this.#isWaiting = false;
    this.#write();
  }

  /** Storage first: where it fails, memory still has what it does not. */
  #write(): void {
    const nowMs = this.#surroundings.nowMs();
    const { tokens, writtenHour, refused } = this.#read();
    const hour = hourOf(nowMs);
    const isDue = writtenHour !== hour && nowMs - hour * HOUR_MS >= LIMITS.usageLateMs;
    const isTooLarge = new TextEncoder().encode(journalText(tokens.values())).byteLength > JOURNAL_BYTES_MAX;
    this.#journal = this.#storage.transactionSync(() => {
      const kept = isDue || isTooLarge ? this.#writeRows(tokens, hour, isTooLarge ? null : hour) : tokens;
      const written = isDue ? hour : writtenHour;
      this.#storage.sql.exec(
        `INSERT INTO usage_journal (one, tokens, written_hour, refused) VALUES (1, ?, ?, ?)
         ON CONFLICT (one) DO UPDATE
           SET tokens = excluded.tokens, written_hour = excluded.written_hour, refused = excluded.refused`,
        journalText(kept.values()),
        written,
        refused.length === 0 ? null : JSON.stringify(refused),
      );
      return { tokens: kept, writtenHour: written, refused };
    });
    this.#writtenMs = nowMs;
  }

  /** Gives what goes on to stand in the journal: `keptHour`, where there is one. */
  #writeRows(
    tokens: ReadonlyMap<TokenId, TokenUsage>,
    thisHour: number,
    keptHour: number | null,
  ): Map<TokenId, TokenUsage> {
    const kept = new Map<TokenId, TokenUsage>();
    const free = new Map<number, number>();
    for (const one of tokens.values()) {
      const days = Map.groupBy(one.hours, ([hour]) => (hour === keptHour ? null : dayOf(hour)));
      for (const [day, hours] of days) {
        const part = { ...one, hours: new Map(hours) };
        if (day === null) kept.set(one.token, part);
        else this.#addToRow(day, part, free);
      }
    }
    this.#storage.sql.exec(
      'DELETE FROM usage WHERE (day, token) IN (SELECT day, token FROM usage WHERE day <= ? ORDER BY day, token LIMIT ?)',
      dayOf(thisHour) - LIMITS.usageDaysMax - 1,
      PRUNED_AT_ONCE,
    );
    return kept;
  }

  /** `free`: how many tokens more are counted apart on a day, where that is known. */
  #addToRow(day: number, usage: TokenUsage, free: Map<number, number>): void {
    const found = this.#rowOf(day, usage.token);
    const minted = usage.ancestors[0];
    const left = free.get(day) ?? LIMITS.usageTokensPerDayMax - this.#rowsOf(day);
    free.set(day, found === null ? left - 1 : left);
    if (found === null && minted !== undefined && left <= 0) {
      return this.#addToRow(day, { ...this.#new(minted), hours: usage.hours }, free);
    }
    this.#storage.sql.exec(
      `INSERT INTO usage (day, token, name, ancestors, hours) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (day, token) DO UPDATE SET hours = excluded.hours`,
      day,
      usage.token,
      usage.name,
      JSON.stringify(usage.ancestors),
      hoursText(found === null ? usage.hours : addHours(found.hours, usage.hours)),
    );
  }

  #rowsOf(day: number): number {
    const [counted] = this.#storage.sql
      .exec<{ rows: number }>('SELECT count(*) AS rows FROM usage WHERE day = ?', day)
      .toArray();
    return counted?.rows ?? 0;
  }

  #rowOf(day: number, token: TokenId): TokenUsage | null {
    const [row] = this.#storage.sql
      .exec('SELECT token, name, ancestors, hours FROM usage WHERE day = ? AND token = ?', day, token)
      .toArray();
    return row === undefined ? null : UsageRow().parse(row);
  }

  #read(): Journal {
    if (this.#journal !== null) return this.#journal;
    const [row] = this.#storage.sql.exec('SELECT tokens, written_hour, refused FROM usage_journal').toArray();
    const stored =
      row === undefined ? { tokens: [], written_hour: null, refused: null } : JournalRow().parse(row);
    this.#journal = {
      tokens: new Map(stored.tokens.map((one) => [one.token, one])),
      writtenHour: stored.written_hour,
      refused: stored.refused ?? [],
    };
    return this.#journal;
  }
}
