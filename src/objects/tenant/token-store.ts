import { TokenCursor, type Token } from '../../contract/token.ts';
import { failure } from '../../core/failure.ts';
import { TokenId } from '../../core/ids.ts';
import type { OperatorName } from '../../core/operators.ts';
import { err, ok, type Result } from '../../core/result.ts';
import {
  Ancestors,
  LineageRow,
  TokenRow,
  type IssuedToken,
  type Lineage,
  type ReplacedToken,
  type TokenChain,
  type Revoker,
  type Successor,
  type TokenPage,
} from './token-rows.ts';
import { Replacements, type ReplaceableToken } from './ends/replacements.ts';
import { toldAt } from './ends/token-ends.ts';
import { TokenUses } from './token-uses.ts';

/**
 * Milliseconds for which an expired token is still remembered, and its revocation with it: another machine's time may
 * be behind this one's, and verifiers may allow for that.
 */
const GRACE_MS = 3_600_000;

/** Rows thrown away at one issue: more than the one it adds, few enough not to be felt. */
const PRUNED_AT_ONCE = 50;

/** The tokens of a tenant. All are in storage; in memory are only the revoked ones, which every request asks about. */
export class TokenStore {
  readonly #sql: SqlStorage;
  /** Milliseconds of revocation by token. */
  readonly #revoked: Map<TokenId, number>;
  readonly #used: TokenUses;
  readonly replacements: Replacements;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#revoked = new Map();
    this.#used = new TokenUses(sql);
    this.replacements = new Replacements(sql);
    this.#readRevocations();
  }

  isRevoked(id: TokenId): boolean {
    return this.#revoked.has(id);
  }

  /** Was it revoked, or replaced longer ago than the overlap? */
  hasEnded(id: TokenId, nowMs: number): boolean {
    return this.isRevoked(id) || this.replacements.hasEnded(id, nowMs);
  }

  /** When the first of these tokens ends that has a successor; null where none has. */
  endOf(ids: readonly TokenId[]): number | null {
    const ends = ids.flatMap((id) => this.replacements.of(id)?.endsMs ?? []);
    return ends.length === 0 ? null : Math.min(...ends);
  }

  /** What a successor of the token has to be like; null where the token cannot be used any more. */
  replaceable(id: TokenId, nowMs: number): ReplaceableToken | null {
    const found = this.replacements.find(id, nowMs);
    if (found === null) return null;
    return [id, ...found.ancestors].some((each) => this.hasEnded(each, nowMs)) ? null : found;
  }

  /** Enters a successor. Fails as `issue` does, with `record_unknown`, or with `token_replaced` where there is one already. */
  replace(
    { replaces, overlapMs, by, token: asked, ancestors }: Successor,
    nowMs: number,
  ): Result<ReplacedToken> {
    const old = this.replaceable(replaces, nowMs);
    if (old === null) return err(failure('record_unknown', 'There is no such token that can be used.', 'id'));
    if (this.replacements.of(replaces) !== null)
      return err(failure('token_replaced', 'This token has a successor. Replace that one.', 'id'));
    const token = { ...asked, name: asked.name ?? old.name, minted_by: asked.minted_by ?? old.minted_by };
    const entered = this.issue(token, ancestors);
    if (!entered.ok) return entered;
    const endsMs = Math.min(nowMs + overlapMs, old.expires_at_ms);
    this.replacements.add(replaces, { successor: token.id, endsMs, by });
    return ok({ token, endsMs });
  }

  /** Notes that a token was used: mostly in memory, and in storage once an hour. */
  noteUse(id: TokenId, nowMs: number): void {
    this.#used.note(id, nowMs);
  }

  /**
   * Enters a token; one that is entered already stays as it is. `ancestors` oldest first, its parent last.
   * Fails with `token_parent_revoked` when one of them was revoked meanwhile or is not known here.
   *
   * @throws RangeError when `parent` is not the last ancestor or a time cannot be read: defects of the caller.
   */
  issue(token: IssuedToken, ancestors: readonly TokenId[]): Result<null> {
    const expiresMs = Date.parse(token.expires_at);
    if (Number.isNaN(expiresMs)) throw new RangeError('expires_at is no time.');
    if (token.parent !== (ancestors.at(-1) ?? null)) throw new RangeError('The parent is the last ancestor.');
    if (ancestors.some((id) => this.isRevoked(id) || this.#ancestorsOf(id) === null)) {
      return err(
        failure(
          'token_parent_revoked',
          'The token to derive from was revoked meanwhile, or is no longer known.',
        ),
      );
    }
    this.#sql.exec(
      `INSERT INTO tokens (id, name, ancestors, narrowing, issued_at, not_before, expires_at, expires_at_ms, actor, minted_by, kid, told_at_ms, scopes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      token.id,
      token.name,
      JSON.stringify(ancestors),
      JSON.stringify(token.narrowing),
      token.issued_at,
      token.not_before,
      token.expires_at,
      expiresMs,
      token.actor,
      token.minted_by,
      token.kid,
      toldAt(Date.parse(token.issued_at), expiresMs),
      token.scopes === undefined ? null : JSON.stringify(token.scopes),
    );
    return ok(null);
  }

  /** Unexpired tokens, revoked ones among them, newest first. `before` is the `next` of the page before. */
  page(limit: number, before: string | null, nowMs: number): TokenPage {
    const from = before === null ? Number.MAX_SAFE_INTEGER : Number(TokenCursor().parse(before));
    const found = this.#sql
      // The unary plus keeps SQLite from walking the index on expiry and sorting all of it.
      .exec(
        'SELECT * FROM tokens WHERE seq < ? AND +expires_at_ms > ? ORDER BY seq DESC LIMIT ?',
        from,
        nowMs,
        limit + 1,
      )
      .toArray()
      .map((row) => TokenRow.parse(row));
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return {
      rows: rows.map((row) => this.#listed(row)),
      next: found.length > rows.length && last !== undefined ? String(last.seq) : null,
    };
  }

  /**
   * A token may revoke itself and what was derived from it. All else is `unknown` to it, as is what never was. Successors that
   * a token asked for go with it: a thief who has replaced a stolen token does not keep what the owner revokes.
   */
  revoke(id: TokenId, by: Revoker, nowMs: number): 'revoked' | 'unknown' {
    const ancestors = this.#ancestorsOf(id, nowMs - GRACE_MS);
    if (ancestors === null) return 'unknown';
    if (by.kind === 'token' && by.id !== id && !ancestors.includes(by.id)) return 'unknown';
    for (const one of [id, ...this.replacements.madeByHolder(id)]) {
      if (this.isRevoked(one)) continue;
      this.#sql.exec('INSERT INTO revocations (token, at_ms) VALUES (?, ?)', one, nowMs);
      this.#revoked.set(one, nowMs);
    }
    return 'revoked';
  }

  /** Revokes every minted token, and thereby all that were ever derived from them. */
  revokeAll(nowMs: number): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO revocations (token, at_ms) SELECT id, ? FROM tokens WHERE ancestors = '[]'`,
      nowMs,
    );
    this.#readRevocations();
  }

  /** Throws away some of what expired long enough ago; gives the ids, so that others can forget them too. */
  prune(nowMs: number): TokenId[] {
    const gone = this.#sql
      .exec<{ id: string }>(
        `DELETE FROM tokens WHERE seq IN
           (SELECT seq FROM tokens WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?) RETURNING id`,
        nowMs - GRACE_MS,
        PRUNED_AT_ONCE,
      )
      .toArray()
      .map((row) => TokenId.parse(row.id));
    for (const id of gone) {
      this.#used.forget(id);
      this.replacements.forget(id);
      if (this.#revoked.delete(id)) this.#sql.exec('DELETE FROM revocations WHERE token = ?', id);
    }
    return gone;
  }

  /** The names that tokens were given; null for one that is not known here. */
  namesOf(ids: readonly TokenId[]): (string | null)[] {
    return ids.map((id) => {
      const [row] = this.#sql.exec<{ name: string }>('SELECT name FROM tokens WHERE id = ?', id).toArray();
      return row?.name ?? null;
    });
  }

  /** The operator who minted a token; null where it is not known. */
  minterOf(id: TokenId | null): OperatorName | null {
    const [row] = this.#sql.exec('SELECT minted_by FROM tokens WHERE id = ?', id).toArray();
    return row === undefined ? null : TokenRow.shape.minted_by.parse(row['minted_by']);
  }

  /** Null for a token that is not known here. */
  chainOf(id: TokenId, nowMs: number): TokenChain | null {
    const lineage = this.lineageOf(id);
    if (lineage === null) return null;
    const tokens = [...lineage.ancestors, id].flatMap((one) =>
      this.#sql
        .exec('SELECT narrowing FROM tokens WHERE id = ?', one)
        .toArray()
        .map((row) => ({ id: one, narrowing: TokenRow.shape.narrowing.parse(row['narrowing']) })),
    );
    return { tokens, isRevoked: tokens.some((one) => this.hasEnded(one.id, nowMs)) };
  }

  /** Null for a token that is not known here. */
  lineageOf(id: TokenId): Lineage | null {
    const [row] = this.#sql.exec('SELECT name, ancestors FROM tokens WHERE id = ?', id).toArray();
    return row === undefined ? null : LineageRow.parse(row);
  }

  #readRevocations(): void {
    const rows = this.#sql.exec<{ token: string; at_ms: number }>('SELECT token, at_ms FROM revocations');
    for (const row of rows) this.#revoked.set(TokenId.parse(row.token), row.at_ms);
  }

  /** Null when the token is not known, or expired at or before `expiredMs`. */
  #ancestorsOf(id: TokenId, expiredMs = 0): TokenId[] | null {
    const row = this.#sql
      .exec('SELECT ancestors FROM tokens WHERE id = ? AND expires_at_ms > ?', id, expiredMs)
      .toArray()[0];
    return row === undefined ? null : Ancestors.parse(row['ancestors']);
  }

  #listed({ seq: _seq, ancestors, last_used_ms: lastUsedMs, ...token }: TokenRow): Token {
    const times = [token.id, ...ancestors].flatMap((id) => this.#revoked.get(id) ?? []);
    const replacement = this.replacements.of(token.id);
    return {
      ...token,
      parent: ancestors.at(-1) ?? null,
      replaced_by: replacement?.successor ?? null,
      ends_at: replacement === null ? null : new Date(replacement.endsMs).toISOString(),
      last_used_at: lastUsedMs === null ? null : new Date(lastUsedMs).toISOString(),
      revoked_at: times.length === 0 ? null : new Date(Math.min(...times)).toISOString(),
    };
  }
}
