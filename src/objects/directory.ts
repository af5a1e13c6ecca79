import { DurableObject } from 'cloudflare:workers';
import * as z from 'zod';
import { ProjectId, TenantId } from '../core/ids.ts';
import { migrate, type Migration } from './migrations.ts';

/** What the list of tenants shows of one. The whole record is with its `Tenant`. */
export interface DirectoryRow {
  tenant: TenantId;
  name: string;
  project_id: ProjectId;
  suspended: boolean;
  /** ISO 8601, from the tenant's record: says which of two writes is the newer. */
  updated_at: string;
}

export interface DirectoryPage {
  rows: DirectoryRow[];
  /** Where the next page starts; null on the last. */
  next: TenantId | null;
}

const STEPS: readonly Migration[] = [
  {
    name: 'directory of tenants',
    sql: `CREATE TABLE tenants (
      tenant TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      project_id INTEGER NOT NULL,
      suspended INTEGER NOT NULL CHECK (suspended IN (0, 1)),
      updated_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
  },
];

const StoredRow = z.strictObject({
  tenant: TenantId,
  name: z.string(),
  project_id: ProjectId,
  suspended: z.literal([0, 1]).transform((flag) => flag === 1),
  updated_at: z.string(),
});

/**
 * Which tenants exist, for the operator's list. One for the whole gateway, so never on the way of a request:
 * what it says may lag behind a tenant's own record by one call.
 */
export class Directory extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, STEPS);
    this.#sql = ctx.storage.sql;
  }

  /** Enters a tenant or brings its row up to date. Of two writes that overtook each other the newer stays. */
  put(row: DirectoryRow): void {
    this.#sql.exec(
      `INSERT INTO tenants (tenant, name, project_id, suspended, updated_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (tenant) DO UPDATE SET
         name = excluded.name, project_id = excluded.project_id,
         suspended = excluded.suspended, updated_at = excluded.updated_at
       WHERE excluded.updated_at >= tenants.updated_at`,
      row.tenant,
      row.name,
      row.project_id,
      row.suspended ? 1 : 0,
      row.updated_at,
    );
  }

  /** Strikes a tenant out. One that is not there is no error. */
  remove(tenant: TenantId): void {
    this.#sql.exec('DELETE FROM tenants WHERE tenant = ?', tenant);
  }

  /**
   * Tenants by name of path, each once however rows come and go between pages.
   * `after` is the `next` of the page before, null for the first; `limit` rows at most.
   */
  list(page: { limit: number; after: TenantId | null }): DirectoryPage {
    const found = this.#sql
      .exec(
        'SELECT * FROM tenants WHERE tenant > ? ORDER BY tenant LIMIT ?',
        page.after ?? '',
        page.limit + 1,
      )
      .toArray()
      .map((row) => StoredRow.parse(row));
    const rows = found.slice(0, page.limit);
    return { rows, next: found.length > rows.length ? (rows.at(-1)?.tenant ?? null) : null };
  }
}
