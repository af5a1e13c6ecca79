import * as z from 'zod';
import { TokenId } from '../../core/ids.ts';
import { Narrowing } from '../../policy/grant.ts';
import { StoredJson } from './schema.ts';

/** A token as it was handed out. The token itself is kept nowhere. */
export interface IssuedToken {
  id: TokenId;
  name: string;
  /** The token it was derived from; null when the operator minted it. */
  parent: TokenId | null;
  /** ISO 8601, as are the two below. */
  issued_at: string;
  expires_at: string;
  not_before: string | null;
  /** As it was asked for, for showing. */
  narrowing: Narrowing;
}

export interface ListedToken extends IssuedToken {
  /** ISO 8601. When it, or the first of its ancestors, was revoked; null while it can be used. */
  revoked_at: string | null;
}

export interface TokenPage {
  rows: ListedToken[];
  /** Where the next page starts; null on the last. */
  next: string | null;
}

/** Who wants a token revoked. */
export type Revoker = { kind: 'operator' } | { kind: 'token'; id: TokenId };

/** Where a page of tokens starts, as `TokenPage.next` says it. Opaque to clients. */
export const TokenCursor = z.string().regex(/^[1-9][0-9]{0,14}$/, 'must be the cursor of the page before');

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
  expires_at: z.string(),
});

export type TokenRow = z.output<typeof TokenRow>;
