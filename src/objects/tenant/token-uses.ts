import type { TokenId } from '../../core/ids.ts';

/** Milliseconds for which one row says that a token was used: one row written in an hour, however busy the token is. */
const NOTED_MS = 3_600_000;

/** Tokens remembered, of about 100 bytes each. One that is dropped costs a statement that writes nothing. */
const REMEMBERED = 10_000;

/** When tokens were last used, to the hour. A request that a lease admits is not noted; the one that leased is. */
export class TokenUses {
  readonly #sql: SqlStorage;
  readonly #remembered: number;
  /** Milliseconds of the last note, in the order in which they were noted. */
  readonly #noted = new Map<TokenId, number>();

  constructor(sql: SqlStorage, remembered = REMEMBERED) {
    this.#sql = sql;
    this.#remembered = remembered;
  }

  /** Stores at most one row, and mostly none. */
  note(id: TokenId, nowMs: number): void {
    const noted = this.#noted.get(id);
    if (noted !== undefined && nowMs - noted < NOTED_MS) return;
    this.forget(id);
    this.#noted.set(id, nowMs);
    for (const [oldest] of this.#noted) {
      if (this.#noted.size <= this.#remembered) break;
      this.#noted.delete(oldest);
    }
    // What an earlier life of the object has noted is in storage alone.
    this.#sql
      .exec(
        `UPDATE tokens SET last_used_ms = ?1
         WHERE id = ?2 AND (last_used_ms IS NULL OR last_used_ms <= ?1 - ${NOTED_MS})`,
        nowMs,
        id,
      )
      .toArray();
  }

  forget(id: TokenId): void {
    this.#noted.delete(id);
  }
}
