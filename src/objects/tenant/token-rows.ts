import * as z from 'zod/mini';
import type { Token } from '../../contract/token.ts';
import { Actor, TokenId } from '../../core/ids.ts';
import { OperatorName } from '../../core/operators.ts';
import { Narrowing } from '../../policy/grant.ts';
import { StoredJson } from './schema.ts';

/** A token as it was handed out. */
export type IssuedToken = Omit<Token, 'revoked_at' | 'last_used_at'>;

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

/** A token with those that it was derived from, the oldest first and itself last. */
export interface TokenChain {
  tokens: { id: TokenId; narrowing: Narrowing }[];
  /** One of them is. */
  isRevoked: boolean;
}

/** Oldest first. */
export const Ancestors = z.pipe(StoredJson, z.array(TokenId));

export const TokenRow = z.object({
  seq: z.int(),
  id: TokenId,
  name: z.string(),
  ancestors: Ancestors,
  narrowing: z.pipe(StoredJson, Narrowing),
  issued_at: z.string(),
  not_before: z.nullable(z.string()),
  actor: z.nullable(Actor),
  minted_by: z.nullable(OperatorName),
  kid: z.nullable(z.string()),
  last_used_ms: z.nullable(z.int()),
  expires_at: z.string(),
});

export const LineageRow = z.pick(TokenRow, { name: true, ancestors: true });

export type TokenRow = z.output<typeof TokenRow>;
