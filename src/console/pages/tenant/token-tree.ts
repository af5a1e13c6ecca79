/** Tokens in the order of a tree: each below the one it was derived from. Pure. */
import type { Token } from '../../../client/names.ts';

export interface Branch {
  readonly token: Token;
  /** How many ancestors it has that are shown. */
  readonly depth: number;
}

/** A token whose parent is not in the list, because it is over or on another page, stands at the root. */
export function treeOf(tokens: readonly Token[]): Branch[] {
  const ids = new Set(tokens.map(({ id }) => id));
  const below = Map.groupBy(tokens, ({ parent }) => (parent !== null && ids.has(parent) ? parent : null));
  const branches = (parent: string | null, depth: number): Branch[] =>
    (below.get(parent) ?? []).flatMap((token) => [{ token, depth }].concat(branches(token.id, depth + 1)));
  return branches(null, 0);
}
