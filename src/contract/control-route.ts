/** What a route of the gateway's own planes is. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod/mini';
import type { Fields } from '../catalogue/fields/values.ts';
import type { Method } from '../catalogue/operation.ts';
import type { Role } from '../core/operators.ts';
import type { Scope } from '../core/scopes.ts';

export const DELETIONS_PATH = '/v1/deletions';
export const TENANTS_PATH = '/admin/v1/tenants';
export const FUSE_PATH = '/admin/v1/fuse';

export type ControlRoute<Query extends Fields = Fields, Body extends Fields = Fields> = Access &
  RouteFacts<Query, Body>;

/** Whose credential opens a route, and what the credential has to allow. */
type Access =
  /** None does, and pages of any origin may read the answer. */
  | { readonly plane: 'open' }
  /** A tenant's token, with these scopes. */
  | { readonly plane: 'tenant'; readonly scopes?: readonly Scope[] }
  /** An operator's, with this role or one that includes it. */
  | { readonly plane: 'admin'; readonly role: Role };

interface RouteFacts<Query extends Fields, Body extends Fields> {
  readonly method: Method;
  /** Hono's pattern. */
  readonly path: string;
  readonly query: () => Query;
  readonly body: () => Body;
  /** The body may hold as many ids as a deletion of any size. */
  readonly largeBody?: true;
  /** Of a success, unless the handler says another. */
  readonly status: number;
  /** Other statuses a success may have. */
  readonly otherStatuses?: readonly number[];
  /** Answers carry an `ETag`. */
  readonly etag?: true;
  /** Takes `If-Match`. */
  readonly ifMatch?: true;
  /** Takes `If-None-Match: *`. */
  readonly ifNoneMatch?: true;
  /** Writes a deletion down: takes `Idempotency-Key`, and its answers have the headers of deletions. */
  readonly deletes?: true;
  /** Columns of a listing that is a table too. */
  readonly columns?: () => readonly string[];
}

/** The scopes that a token needs for a route. */
export const scopesOf = (route: ControlRoute): readonly Scope[] =>
  route.plane === 'tenant' ? (route.scopes ?? []) : [];

/** Takes no parameter and no body. */
export const NOTHING = lazily(() => z.strictObject({}));
export const NO_INPUT = { query: NOTHING, body: NOTHING } as const;
