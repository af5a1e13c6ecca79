import * as z from 'zod';
import { TenantId } from '../../core/ids.ts';
import { TenantRecord } from '../../policy/grant.ts';
import { StoredJson } from './schema.ts';

/** A tenant as it is registered now. */
export interface StoredTenant {
  tenant: TenantId;
  record: TenantRecord;
  /** ISO 8601. Of the registration in force, when a tenant was removed and registered again. */
  created_at: string;
  /** ISO 8601. */
  updated_at: string;
}

const StoredRow = z.strictObject({
  tenant: TenantId,
  record: StoredJson.pipe(TenantRecord),
  created_at: z.string(),
  updated_at: z.string(),
});

/** The tenant's record: one row, read once and then kept in memory. */
export class RecordShelf {
  readonly #sql: SqlStorage;
  #kept: StoredTenant | null | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @throws ZodError when the stored record is not one this code understands; then nobody is admitted. */
  read(): StoredTenant | null {
    if (this.#kept === undefined) {
      const row = this.#sql.exec('SELECT tenant, record, created_at, updated_at FROM record').toArray()[0];
      this.#kept = row === undefined ? null : StoredRow.parse(row);
    }
    return this.#kept;
  }

  write(stored: StoredTenant): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO record (one, tenant, record, created_at, updated_at) VALUES (1, ?, ?, ?, ?)',
      stored.tenant,
      JSON.stringify(stored.record),
      stored.created_at,
      stored.updated_at,
    );
    this.#kept = stored;
  }

  /** Says whether there was a record. Does not read it, so that one no longer understood can still be removed. */
  clear(): boolean {
    const { rowsWritten } = this.#sql.exec('DELETE FROM record');
    this.#kept = null;
    return rowsWritten > 0;
  }
}
