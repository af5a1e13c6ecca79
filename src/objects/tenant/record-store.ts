import * as z from 'zod/mini';
import { RegistrationId, TenantId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';
import { TenantRecord } from '../../policy/grant.ts';
import { StoredJson } from './schema.ts';

/** A tenant as it is registered now. */
export interface StoredTenant {
  tenant: TenantId;
  registration: RegistrationId;
  record: TenantRecord;
  /** ISO 8601. Of the registration in force, when a tenant was removed and registered again. */
  created_at: string;
  /** ISO 8601. */
  updated_at: string;
  /** Grows with every change of the record, also when the tenant is removed and registered again. */
  revision: number;
}

/** The same, with what the tenant itself adds to the origins of its record now. */
export interface RegisteredTenant extends StoredTenant {
  ownOrigins: readonly string[];
}

const StoredRow = lazily(() =>
  z.strictObject({
    tenant: TenantId,
    registration: RegistrationId,
    record: z.pipe(StoredJson, TenantRecord),
    created_at: z.string(),
    updated_at: z.string(),
    revision: z.int(),
  }),
);

/** Before any change. Records from before there were revisions have it too. */
const FIRST_REVISION = 1;

/** The tenant's record: one row, read once and then cached. */
export class RecordStore {
  readonly #sql: SqlStorage;
  #cached: StoredTenant | null | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @throws ZodError when this code does not understand the stored record. Then no request is admitted. */
  read(): StoredTenant | null {
    if (this.#cached === undefined) {
      const row = this.#sql
        .exec(
          `SELECT tenant, registration, record, created_at, updated_at, last AS revision
           FROM record, revision`,
        )
        .toArray()[0];
      this.#cached = row === undefined ? null : StoredRow().parse(row);
    }
    return this.#cached;
  }

  /** False only where no tenant was ever registered in this object. */
  wasEverWritten(): boolean {
    const { last, records } = this.#sql
      .exec<{ last: number; records: number }>(
        'SELECT last, (SELECT count(*) FROM record) AS records FROM revision',
      )
      .one();
    return last > FIRST_REVISION || records > 0;
  }

  write(changed: Omit<StoredTenant, 'revision'>): StoredTenant {
    const stored = { ...changed, revision: this.#nextRevision() };
    this.#sql.exec(
      `INSERT OR REPLACE INTO record (one, tenant, registration, record, created_at, updated_at)
       VALUES (1, ?, ?, ?, ?, ?)`,
      stored.tenant,
      stored.registration,
      JSON.stringify(stored.record),
      stored.created_at,
      stored.updated_at,
    );
    this.#cached = stored;
    return stored;
  }

  /** Removes the record without reading it, so that one this code does not understand can be removed too. */
  clear(): { removed: boolean; before: string | null; revision: number } {
    const [gone] = this.#sql.exec<{ record: string }>('DELETE FROM record RETURNING record').toArray();

    this.#cached = null;
    return {
      removed: gone !== undefined,
      before: gone?.record ?? null,
      revision: this.#nextRevision(),
    };
  }

  #nextRevision(): number {
    return this.#sql.exec<{ last: number }>('UPDATE revision SET last = last + 1 RETURNING last').one().last;
  }
}
