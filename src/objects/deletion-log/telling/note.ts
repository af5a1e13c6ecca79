/** Writes down what the operator is to be alarmed of, in the transaction of what it is about. Tells nobody yet. */
import type { DeletionBudget } from '../../../contract/deletion-budget.ts';
import { isSuccess, type JobState } from '../job/job.ts';

/** The part of a tenant's budget that may be left before it is low. */
const LOW_PART = 0.2;

/** The end of this deletion is to be told, however it ends. One row. */
export const followEnd = (sql: SqlStorage, entry: number): void =>
  void sql.exec("INSERT OR IGNORE INTO notices VALUES (?, 'follow', 0, NULL)", entry).toArray();

/** A deletion ended. A row where that is to be told: of one that is followed, and of each that failed. */
export function noteEnd(sql: SqlStorage, entry: number, state: JobState): void {
  const isQuiet = isSuccess(state) || state === 'cancelled';
  sql
    .exec(
      `INSERT OR IGNORE INTO notices SELECT ?1, 'ended', 0, NULL
       WHERE ?2 = 0 OR EXISTS (SELECT 1 FROM notices WHERE entry = ?1 AND kind = 'follow')`,
      entry,
      isQuiet ? 1 : 0,
    )
    .toArray();
  sql.exec("DELETE FROM notices WHERE entry = ? AND kind IN ('follow', 'unknown')", entry).toArray();
}

/** A deletion was charged, and this is left of its budgets. One row where the tenant's is low; true then. */
export function noteBudget(sql: SqlStorage, entry: number, budgets: readonly DeletionBudget[]): boolean {
  const tenants = budgets.find(({ holder }) => holder === 'tenant');
  if (tenants === undefined || tenants.remaining > tenants.persons_per_day * LOW_PART) return false;
  const { persons_per_day, remaining } = tenants;
  note(sql, entry, 'budget', { persons_per_day, remaining });
  return true;
}

/** PostHog does not let the key do something. One row. */
export const noteKey = (sql: SqlStorage, scope: string | null): void => note(sql, 0, 'key', { scope });

const note = (sql: SqlStorage, entry: number, kind: 'budget' | 'key', details: object): void =>
  void sql
    .exec('INSERT OR REPLACE INTO notices VALUES (?, ?, 0, ?)', entry, kind, JSON.stringify(details))
    .toArray();
