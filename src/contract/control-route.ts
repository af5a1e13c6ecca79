/** What a route of the gateway's own planes is. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod/mini';
import type { Fields } from '../catalogue/fields/values.ts';
import type { Method } from '../catalogue/operation.ts';
import type { Scope } from '../core/scopes.ts';

export const DELETIONS_PATH = '/v1/deletions';
export const TENANTS_PATH = '/admin/v1/tenants';
export const FUSE_PATH = '/admin/v1/fuse';

export interface ControlRoute<Query extends Fields = Fields, Body extends Fields = Fields> {
  readonly method: Method;
  /** Hono's pattern. */
  readonly path: string;
  /** Whose credential opens it. `open`: none, and pages of any origin may read the answer. */
  readonly plane: 'open' | 'tenant' | 'admin';
  /** Of the tenant plane: the scopes the token needs. */
  readonly scopes?: readonly Scope[];
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
  /** Writes a deletion down: takes `Idempotency-Key`, and its answers have the headers of deletions. */
  readonly deletes?: true;
  /** Columns of a listing that is a table too. */
  readonly columns?: () => readonly string[];
}

/** Takes no parameter and no body. */
export const NOTHING = lazily(() => z.strictObject({}));
export const NO_INPUT = { query: NOTHING, body: NOTHING } as const;
