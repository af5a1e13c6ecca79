import * as z from 'zod/mini';
import { OperatorChange } from '../../contract/operators/audit.ts';
import { FAILURES, type FailureCode } from '../../core/failure.ts';
import type { TenantId } from '../../core/ids.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { lazily } from '../../core/lazily.ts';
import type { OperatorName, Role } from '../../core/operators.ts';

/** What an operator is about to do. */
export interface AskedChange {
  operator: OperatorName;
  role: Role;
  request_id: string;
  action: string;
  tenant: TenantId | null;
  subject: string | null;
}

/** How it ended. `before` and `after` are JSON objects, as text; `code` is null where the change was made. */
export interface ChangeEnd {
  code: FailureCode | null;
  before: string | null;
  after: string | null;
}

/** `from` and `to` in milliseconds since 1970; `before` is the `next` of the page before, null for the first page. */
export interface AuditPage {
  limit: number;
  before: string | null;
  tenant?: TenantId | undefined;
  operator?: OperatorName | undefined;
  outcome?: OperatorChange['outcome'] | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

export interface ListedChanges {
  rows: OperatorChange[];
  /** Where the next page starts; null on the last. */
  next: string | null;
}

/** Codes after which a change may have been made all the same: of failures on our side. */
const INCONCLUSIVE = Object.entries(FAILURES)
  .filter(([, { status }]) => status >= 500)
  .map(([code]) => `'${code}'`)
  .join(', ');

const OUTCOME = `CASE WHEN e.entry IS NULL OR e.code IN (${INCONCLUSIVE}) THEN 'unknown'
  WHEN e.code IS NULL THEN 'made' ELSE 'refused' END`;

const Members = z.pipe(
  z.nullable(z.string()),
  z.transform((text) => {
    const read = text === null ? null : parseJson(text);
    return isJsonObject(read) ? read : null;
  }),
);
const Time = z.pipe(
  z.int(),
  z.transform((ms) => new Date(ms).toISOString()),
);
const Row = lazily(() =>
  z.extend(OperatorChange(), { at: Time, ended_at: z.nullable(Time), before: Members, after: Members }),
);

/** What operators changed. A row before the change, and one after it; both only grow. */
export class AuditLog {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Writes down that an operator is about to change something. The number of the entry. */
  begin({ operator, role, request_id, action, tenant, subject }: AskedChange, nowMs: number): number {
    return this.#sql
      .exec<{ entry: number }>(
        `INSERT INTO changes (at, operator, role, request_id, action, tenant, subject)
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING entry`,
        nowMs,
        operator,
        role,
        request_id,
        action,
        tenant,
        subject,
      )
      .one().entry;
  }

  /** Writes down how it ended. @throws where the end was written down before. */
  end(entry: number, { code, before, after }: ChangeEnd, nowMs: number): void {
    this.#sql
      .exec('INSERT INTO change_ends VALUES (?, ?, ?, ?, ?)', entry, nowMs, code, before, after)
      .toArray();
  }

  /** Changes that match, newest first. */
  page({ limit, before, tenant, operator, outcome, from, to }: AuditPage): ListedChanges {
    const conditions: [string, string | number | undefined][] = [
      ['c.entry < ?', before === null ? undefined : Number(before)],
      ['c.tenant = ?', tenant],
      ['c.operator = ?', operator],
      [`${OUTCOME} = ?`, outcome],
      ['c.at >= ?', from],
      ['c.at < ?', to],
    ];
    const given = conditions.flatMap(([condition, value]) =>
      value === undefined ? [] : [{ condition, value }],
    );
    const found = this.#sql
      .exec(
        `SELECT c.entry AS id, c.at, c.operator, c.role, c.request_id, c.action, c.tenant, c.subject,
           ${OUTCOME} AS outcome, e.at AS ended_at, e.code, e.before, e.after
         FROM changes c LEFT JOIN change_ends e ON e.entry = c.entry
         WHERE ${['1', ...given.map(({ condition }) => condition)].join(' AND ')}
         ORDER BY c.entry DESC LIMIT ?`,
        ...given.map(({ value }) => value),
        limit + 1,
      )
      .toArray()
      .map((row) => Row().parse(row));
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return { rows, next: found.length > rows.length && last !== undefined ? String(last.id) : null };
  }
}
