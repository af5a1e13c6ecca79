import * as z from 'zod/mini';
import type { Token } from '../../contract/token.ts';
import { Actor, TokenId, type RegistrationId } from '../../core/ids.ts';
import { OperatorName } from '../../core/operators.ts';
import type { Scope } from '../../core/scopes.ts';
import { Narrowing } from '../../policy/grant.ts';
import { StoredJson } from './schema.ts';

/** A token as it was handed out. `scopes` are those it says. */
export type IssuedToken = Omit<Token, 'revoked_at' | 'last_used_at' | 'replaced_by' | 'ends_at'> & {
  readonly scopes?: readonly Scope[];
};

/** A token that takes the place of another one, which ends `overlapMs` from now. */
export interface Successor {
  readonly replaces: TokenId;
  readonly overlapMs: number;
  readonly by: 'holder' | 'operator';
  /** Its name and its minter are those of the token that it replaces, where they are null here. */
  readonly token: Omit<IssuedToken, 'name'> & { readonly name: string | null };
  readonly ancestors: readonly TokenId[];
}

/** A successor that was entered, and when the token that it replaces ends. */
export interface ReplacedToken {
  readonly token: IssuedToken;
  /** Milliseconds since 1970. */
  readonly endsMs: number;
}

/** Who asks a tenant's deletion log for something. */
export interface TenantRequesters {
  /** Null while the tenant is not registered. */
  readonly registration: RegistrationId | null;
  /** The names of the tokens, in their order; null for one that is not known. */
  readonly names: readonly (string | null)[];
  /** The operator who minted the first of the tokens; null where it is not known. */
  readonly minter: OperatorName | null;
}

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
  /** One of them is, or was replaced longer ago than the overlap. */
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
