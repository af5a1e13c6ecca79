import { DurableObject } from 'cloudflare:workers';
import * as z from 'zod/mini';
import type { SessionId, SessionToEnd } from '../../contract/operators/session-book.ts';
import { TenantSummary } from '../../contract/tenant.ts';
import { lazily } from '../../core/lazily.ts';
import type { TenantId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { migrate } from '../migrations.ts';
import { emptyBucket, rewound, trySpend } from '../tenant/gcra.ts';
import {
  AuditLog,
  type AskedChange,
  type AuditPage,
  type ChangeEnd,
  type ListedChanges,
} from './audit-log.ts';
import { EndedSessions } from './ended-sessions.ts';
import { DIRECTORY_STEPS } from './schema.ts';

export type { AskedChange, AuditPage, ChangeEnd, ListedChanges } from './audit-log.ts';

/** What the list of tenants shows of one. The whole record is with its `Tenant`. */
export type DirectoryRow = Omit<TenantSummary, 'removed_at'>;

export interface DirectoryPage {
  rows: TenantSummary[];
  /** Where the next page starts; null on the last. */
  next: TenantId | null;
}

/** Of an entry made before the tenant's own record was written. */
const ANNOUNCED = 0;

const ListedRow = lazily(() =>
  z.catchall(
    z.extend(TenantSummary(), {
      suspended: z.pipe(
        z.literal([0, 1]),
        z.transform((flag) => flag === 1),
      ),
    }),
    z.never(),
  ),
);

/**
 * Which tenants exist, for the operator's list, what operators changed, and which of their sessions they ended. One for the whole gateway, so never on the way of a request:
 * what it says may lag behind a tenant's own record by one call.
 */
export class Directory extends DurableObject {
  readonly #sql: SqlStorage;
  readonly #audit: AuditLog;
  readonly #endedSessions: EndedSessions;
  #wrongAdminTokens = emptyBucket(Date.now());

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, DIRECTORY_STEPS);
    this.#sql = ctx.storage.sql;
    this.#audit = new AuditLog(ctx.storage.sql);
    this.#endedSessions = new EndedSessions(ctx.storage.sql);
  }

  /** Lists a tenant that is about to be registered. Does nothing where it is listed already, as removed or not. */
  announce(row: DirectoryRow): void {
    this.#sql.exec(
      `INSERT INTO tenants (tenant, name, project_id, suspended, updated_at, revision)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant) DO NOTHING`,
      ...valuesOf(row),
      ANNOUNCED,
    );
  }

  /** Takes back an announcement, where the tenant was not registered after all. */
  retract(tenant: TenantId): void {
    this.#sql.exec('DELETE FROM tenants WHERE tenant = ? AND revision = ?', tenant, ANNOUNCED);
  }

  /** Lists a tenant as its record is. Of two writes that overtook each other the one of the later revision stays. */
  put(row: DirectoryRow, revision: number): void {
    this.#sql.exec(
      `INSERT INTO tenants (tenant, name, project_id, suspended, updated_at, revision)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (tenant) DO UPDATE SET
         name = excluded.name, project_id = excluded.project_id, suspended = excluded.suspended,
         updated_at = excluded.updated_at, revision = excluded.revision, removed_at = NULL
       WHERE excluded.revision > tenants.revision`,
      ...valuesOf(row),
      revision,
    );
  }

  /** Marks a tenant as removed. It stays in the list of removed tenants, as its deletion log stays. */
  remove(tenant: TenantId, revision: number, removedAt: string): void {
    this.retract(tenant);
    this.#sql.exec(
      'UPDATE tenants SET removed_at = ?, revision = ? WHERE tenant = ? AND revision < ?',
      removedAt,
      revision,
      tenant,
      revision,
    );
  }

  /**
   * Tenants by name of path, each once however rows come and go between pages. `include` says whether removed ones
   * are among them. `after` is the `next` of the page before, null for the first; `limit` rows at most.
   */
  list(page: { limit: number; after: TenantId | null; include: 'registered' | 'removed' }): DirectoryPage {
    const found = this.#sql
      .exec(
        `SELECT tenant, name, project_id, suspended, updated_at, removed_at FROM tenants
         WHERE tenant > ? AND (removed_at IS NULL OR ?) ORDER BY tenant LIMIT ?`,
        page.after ?? '',
        page.include === 'removed' ? 1 : 0,
        page.limit + 1,
      )
      .toArray()
      .map((row) => ListedRow().parse(row));
    const rows = found.slice(0, page.limit);
    return { rows, next: found.length > rows.length ? (rows.at(-1)?.tenant ?? null) : null };
  }

  /** Writes down that an operator is about to change something, before anything is done. The number of the entry. */
  beginChange(asked: AskedChange): number {
    return this.#audit.begin(asked, Date.now());
  }

  /** Writes down how a change ended. @throws where its end was written down before. */
  endChange(entry: number, end: ChangeEnd): void {
    this.#audit.end(entry, end, Date.now());
  }

  /** Changes that match, newest first. */
  changes(page: AuditPage): ListedChanges {
    return this.#audit.page(page);
  }

  /** Ends a session of the console before its time. False where too many were ended. */
  endSession(session: SessionToEnd): boolean {
    return this.#endedSessions.end(session, Date.now());
  }

  isSessionEnded(id: SessionId): boolean {
    return this.#endedSessions.has(id);
  }

  /** Counts a wrong admin token. The seconds to wait before the next one, or null while there were few. */
  countWrongAdminToken(): number | null {
    const rate = {
      requests_per_minute: LIMITS.wrongAdminTokensPerMinuteMax,
      burst: LIMITS.wrongAdminTokensAtOnceMax,
    };
    const nowMs = Date.now();
    const bucket = rewound(this.#wrongAdminTokens, nowMs) ?? this.#wrongAdminTokens;
    const attempt = trySpend(bucket, rate, 1, nowMs);
    this.#wrongAdminTokens = attempt.allowed ? attempt.bucket : bucket;
    return attempt.allowed ? null : attempt.retryAfterSeconds;
  }
}

const valuesOf = ({ tenant, name, project_id: projectId, suspended, updated_at: updatedAt }: DirectoryRow) =>
  [tenant, name, projectId, suspended ? 1 : 0, updatedAt] as const;
