import * as z from 'zod';
import type { Token } from '../../contract/token.ts';
import { Actor, TokenId } from '../../core/ids.ts';
import { Narrowing } from '../../policy/grant.ts';
import { StoredJson } from './schema.ts';

/** A token as it was handed out. */
export type IssuedToken = Omit<Token, 'revoked_at'>;

export interface TokenPage {
  rows: Token[];
  /** Where the next page starts; null on the last. */
  next: string | null;
}

/** Who wants a token revoked. */
export type Revoker = { kind: 'operator' } | { kind: 'token'; id: TokenId };

/** What a token is called, and the tokens it was derived from. */
export interface Lineage {
  readonly name: string;
  /** Oldest first. */
  readonly ancestors: readonly TokenId[];
}

/** Oldest first. */
export const Ancestors = StoredJson.pipe(z.array(TokenId));

export const TokenRow = z.object({
  seq: z.int(),
  id: TokenId,
  name: z.string(),
  ancestors: Ancestors,
  narrowing: StoredJson.pipe(Narrowing),
  issued_at: z.string(),
  not_before: z.string().nullable(),
  actor: Actor.nullable(),
  expires_at: z.string(),
});

export const LineageRow = TokenRow.pick({ name: true, ancestors: true });

export type TokenRow = z.output<typeof TokenRow>;
