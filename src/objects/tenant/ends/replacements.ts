/** Tokens that have a successor, and when they end. All are in memory, as every request asks about them. */
import * as z from 'zod/mini';
import { Actor, TokenId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { OperatorName } from '../../../core/operators.ts';
import { ScopeName } from '../../../core/scopes.ts';
import { Narrowing } from '../../../policy/grant.ts';
import { StoredJson } from '../schema.ts';
import { Ancestors, type Successor } from '../token-rows.ts';

/** What a successor has in common with the token it replaces. */
const Replaceable = lazily(() =>
  z.object({
    name: z.string(),
    ancestors: Ancestors,
    narrowing: z.pipe(StoredJson, Narrowing),
    /** Those that the token says. Null for a token from before they were noted. */
    scopes: z.nullable(z.pipe(StoredJson, z.array(ScopeName))),
    actor: z.nullable(Actor),
    minted_by: z.nullable(OperatorName),
    /** When it begins, in ISO 8601; null where it was good from the start. */
    not_before: z.nullable(z.string()),
    expires_at_ms: z.int(),
  }),
);
export type ReplaceableToken = z.output<ReturnType<typeof Replaceable>>;

const Row = lazily(() =>
  z.object({ token: TokenId, successor: TokenId, ends_at_ms: z.int(), by_holder: z.literal([0, 1]) }),
);

interface Replacement {
  readonly successor: TokenId;
  readonly endsMs: number;
  /** Who asked for the successor: the token that is replaced, or an operator. */
  readonly by: Successor['by'];
}

export class Replacements {
  readonly #sql: SqlStorage;
  readonly #known = new Map<TokenId, Replacement>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const each of sql.exec('SELECT * FROM replacements').toArray()) {
      const { token, successor, ends_at_ms: endsMs, by_holder: byHolder } = Row().parse(each);
      this.#known.set(token, { successor, endsMs, by: byHolder === 1 ? 'holder' : 'operator' });
    }
  }

  /** Null for a token without a successor. */
  of(id: TokenId): Replacement | null {
    return this.#known.get(id) ?? null;
  }

  hasEnded(id: TokenId, nowMs: number): boolean {
    const replacement = this.#known.get(id);
    return replacement !== undefined && replacement.endsMs <= nowMs;
  }

  /** The successor that the token asked for, and those that successors asked for themselves. */
  madeByHolder(id: TokenId): readonly TokenId[] {
    const replacement = this.#known.get(id);
    return replacement?.by === 'holder'
      ? [replacement.successor, ...this.madeByHolder(replacement.successor)]
      : [];
  }

  add(id: TokenId, replacement: Replacement): void {
    const { successor, endsMs, by } = replacement;
    const byHolder = by === 'holder' ? 1 : 0;
    this.#sql.exec('INSERT INTO replacements VALUES (?, ?, ?, ?)', id, successor, endsMs, byHolder).toArray();
    // The operator is not to be told of the end of a token that has a successor.
    this.#sql.exec('UPDATE tokens SET told_at_ms = NULL WHERE id = ?', id).toArray();
    this.#known.set(id, replacement);
  }

  forget(id: TokenId): void {
    if (this.#known.delete(id)) this.#sql.exec('DELETE FROM replacements WHERE token = ?', id).toArray();
  }

  /** Null for a token that is not known here, or has expired. */
  find(id: TokenId, nowMs: number): ReplaceableToken | null {
    const [row] = this.#sql
      .exec('SELECT * FROM tokens WHERE id = ? AND expires_at_ms > ?', id, nowMs)
      .toArray();
    return row === undefined ? null : Replaceable().parse(row);
  }
}
