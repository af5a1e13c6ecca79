/** How the tokens that asked for deletions are called, and whom they act for: known after they have expired. */
import type { Actor, TokenId } from '../../../core/ids.ts';

/** Who asks for a deletion. */
export interface Requester {
  readonly token: TokenId;
  /** The tokens it was derived from, the oldest first. */
  readonly ancestors: readonly TokenId[];
  /** The person or ticket that the token acts for, as its minter said; null where nobody said it. */
  readonly actor: Actor | null;
}

/** The tokens of an requester in the order in which their names are asked for. */
export const tokensOf = ({ ancestors, token }: Pick<Requester, 'ancestors' | 'token'>): TokenId[] => [
  ...ancestors,
  token,
];

/** One row for each token that was not known, and one for an actor that was not known. */
export function recordRequester(
  sql: SqlStorage,
  requester: Requester,
  names: readonly (string | null)[],
): void {
  for (const [at, token] of tokensOf(requester).entries()) {
    const name = names[at] ?? null;
    if (name !== null) recordOnce(sql, 'token_names', token, name);
  }
  if (requester.actor !== null) recordOnce(sql, 'token_actors', requester.token, requester.actor);
}

const recordOnce = (
  sql: SqlStorage,
  table: 'token_names' | 'token_actors',
  token: TokenId,
  value: string,
): void => {
  sql
    .exec(
      `INSERT INTO ${table} SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE token = ?1)`,
      token,
      value,
    )
    .toArray();
};

/** The members of an entry that say who asked, of a row with `token` and `ancestors`. */
export const requesterColumns = (row: string): string => `
    (SELECT name FROM token_names WHERE token = ${row}.token) AS token_name,
    (SELECT json_group_array((SELECT name FROM token_names WHERE token = one.value)) FROM json_each(${row}.ancestors) one)
      AS ancestor_names,
    (SELECT actor FROM token_actors WHERE token = ${row}.token) AS actor`;
