import * as z from 'zod/mini';
import { OriginChangeCursor, type OriginChange, type OwnOrigins } from '../../../contract/origins/origins.ts';
import { Actor, TokenId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { LIMITS } from '../../../core/limits.ts';
import { OperatorName } from '../../../core/operators.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { developmentEnd, ownOriginsInForce, type OwnOriginRules } from '../../../policy/origins/own.ts';
import { checkTag, type IfMatch } from '../etag.ts';
import { StoredJson } from '../schema.ts';
import {
  changedOrigins,
  checkOrder,
  differenceOf,
  NO_ORIGINS,
  originsView,
  ownOriginsOf,
  type OriginsAsker,
  type OriginsOrder,
  type StoredOrigins,
} from './changes.ts';

/** What is asked for, by whom, and under which condition. */
export interface OriginsChange {
  readonly order: OriginsOrder;
  readonly by: OriginsAsker;
  readonly ifMatch: IfMatch;
}

/** A tenant's own origins as they are answered, and the number that is their `ETag`. */
export interface OriginsAnswer {
  readonly origins: OwnOrigins;
  readonly revision: number;
}

export interface OriginChangePage {
  readonly rows: OriginChange[];
  /** Where the next page starts; null on the last. */
  readonly next: string | null;
}

/** What is known of the token that asks. */
export interface OriginsAuthor {
  readonly token: TokenId;
  readonly name: string | null;
  readonly minter: OperatorName | null;
}

const Row = lazily(() =>
  z.object({
    added: z.pipe(
      StoredJson,
      z.array(z.object({ origin: z.string(), added_at: z.string(), added_by: TokenId })),
    ),
    development_until_ms: z.nullable(z.int()),
    revision: z.int(),
  }),
);

const texts = () => z.pipe(StoredJson, z.array(z.string()));

const ChangeRow = lazily(() =>
  z.object({
    id: z.int(),
    at: z.string(),
    token: TokenId,
    token_name: z.nullable(z.string()),
    actor: z.nullable(Actor),
    minted_by: z.nullable(OperatorName),
    request_id: z.string(),
    added: texts(),
    removed: texts(),
    development_until: z.nullable(z.string()),
  }),
);

/** Web origins that the tenant added itself: one row, read once and then cached, and the list of changes. */
export class OriginStore {
  readonly #sql: SqlStorage;
  #cached: StoredOrigins | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** What they add to the origins of the record now, and when the development mode ends; null where it is off. */
  inForce(rules: OwnOriginRules, nowMs: number): { origins: readonly string[]; endsMs: number | null } {
    const own = ownOriginsOf(this.#read());
    return {
      origins: ownOriginsInForce(rules, own, nowMs),
      endsMs: developmentEnd(rules, own, nowMs),
    };
  }

  answer(rules: OwnOriginRules, nowMs: number): OriginsAnswer {
    const stored = this.#read();
    return { origins: originsView(rules, stored, nowMs), revision: stored.revision };
  }

  /** Fails where the record does not allow it, or they are no longer as `ifMatch` says. */
  change(
    rules: OwnOriginRules,
    { order, by, ifMatch }: OriginsChange,
    author: OriginsAuthor,
    nowMs: number,
  ): Result<OriginsAnswer> {
    const before = this.#read();
    const refusal = checkTag(before, ifMatch, 'The web origins were') ?? checkOrder(rules, order);
    if (refusal !== null) return err(refusal);
    const after = changedOrigins(before, order, author.token, nowMs);
    const difference = differenceOf(before, after);
    if (difference !== null) {
      const untilMs = developmentEnd(rules, ownOriginsOf(after), nowMs);
      this.#write(after);
      this.#sql.exec(
        `INSERT INTO origin_changes
           (at, token, token_name, actor, minted_by, request_id, added, removed, development_until)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        new Date(nowMs).toISOString(),
        author.token,
        author.name,
        by.actor,
        author.minter,
        by.requestId,
        JSON.stringify(difference.added),
        JSON.stringify(difference.removed),
        untilMs === null ? null : new Date(untilMs).toISOString(),
      );
      this.#sql.exec(
        'DELETE FROM origin_changes WHERE seq <= (SELECT max(seq) FROM origin_changes) - ?',
        LIMITS.originChangesMax,
      );
    }
    return ok(this.answer(rules, nowMs));
  }

  /** Takes all of them away: they belonged to a registration that has ended. */
  clear(): void {
    const { added, developmentUntilMs } = this.#read();
    if (added.length > 0 || developmentUntilMs !== null)
      this.#write({ ...this.#read(), added: [], developmentUntilMs: null });
  }

  /** Newest first, at most `limit`; `before` is the `next` of the page before. */
  changes({ limit, before }: { limit: number; before: string | null }): OriginChangePage {
    const from = before === null ? Number.MAX_SAFE_INTEGER : Number(OriginChangeCursor().parse(before));
    const found = this.#sql
      .exec(
        'SELECT *, seq AS id FROM origin_changes WHERE seq < ? ORDER BY seq DESC LIMIT ?',
        from,
        limit + 1,
      )
      .toArray()
      .map((row) => ChangeRow().parse(row));
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return { rows, next: found.length > rows.length && last !== undefined ? String(last.id) : null };
  }

  #write({ added, developmentUntilMs, revision }: StoredOrigins): void {
    const stored = { added, developmentUntilMs, revision: revision + 1 };
    this.#sql.exec(
      `INSERT OR REPLACE INTO own_origins (one, added, development_until_ms, revision) VALUES (1, ?, ?, ?)`,
      JSON.stringify(added),
      developmentUntilMs,
      stored.revision,
    );
    this.#cached = stored;
  }

  #read(): StoredOrigins {
    if (this.#cached === null) {
      const [row] = this.#sql.exec('SELECT added, development_until_ms, revision FROM own_origins').toArray();
      this.#cached = row === undefined ? NO_ORIGINS : storedOf(Row().parse(row));
    }
    return this.#cached;
  }
}

const storedOf = ({
  added,
  development_until_ms: developmentUntilMs,
  revision,
}: z.output<ReturnType<typeof Row>>): StoredOrigins => ({ added, developmentUntilMs, revision });
