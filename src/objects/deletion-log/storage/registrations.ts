/**
 * Which entries belong to which registration of the tenant. Entry numbers only grow and one registration is in force
 * at a time, so one row for each registration says it for all entries.
 */
import * as z from 'zod/mini';
import { RegistrationId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';

const Row = lazily(() => z.object({ registration: RegistrationId, since: z.int() }));

/** Entry numbers from `since` up to, and without, `until`. */
export interface EntryRange {
  readonly since: number;
  readonly until: number;
}

/** Above every entry number. */
export const NO_END = Number.MAX_SAFE_INTEGER;

export class Registrations {
  readonly #sql: SqlStorage;
  #rows: readonly z.output<ReturnType<typeof Row>>[] | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The entries of a registration; null where it has none. */
  entries(registration: RegistrationId): EntryRange | null {
    const rows = this.#read();
    const at = rows.findIndex((row) => row.registration === registration);
    const since = rows[at]?.since;
    return since === undefined ? null : { since, until: rows[at + 1]?.since ?? NO_END };
  }

  /** The registration that an entry belongs to; null for one from before the log knew registrations. */
  of(number: number): RegistrationId | null {
    return this.#read().findLast(({ since }) => since <= number)?.registration ?? null;
  }

  /** True where the log knows a later registration. */
  isSuperseded(registration: RegistrationId): boolean {
    return this.entries(registration) !== null && this.#read().at(-1)?.registration !== registration;
  }

  /**
   * The first entry that counts for the budget of a registration. Entries from before the log knew registrations
   * count for the first one it was told of: unknown means charged.
   */
  chargedSince(registration: RegistrationId): number {
    const [oldest] = this.#read();
    if (oldest === undefined || oldest.registration === registration) return 0;
    return this.entries(registration)?.since ?? NO_END;
  }

  /** Notes that the entry of this number belongs to the registration. Writes one row for its first entry only. */
  begin(registration: RegistrationId, number: number): void {
    if (this.entries(registration) !== null) return;
    this.#rows = null;
    this.#sql.exec('INSERT INTO registrations VALUES (?, ?)', number, registration).toArray();
  }

  /** Forgets what was read, for when a transaction was rolled back. */
  forget(): void {
    this.#rows = null;
  }

  #read(): readonly z.output<ReturnType<typeof Row>>[] {
    this.#rows ??= this.#sql
      .exec('SELECT registration, since FROM registrations ORDER BY since')
      .toArray()
      .map((row) => Row().parse(row));
    return this.#rows;
  }
}
