/** When the fuse has tripped, and when it was reset: rows that are only ever added. Times are milliseconds since 1970. */
import * as z from 'zod/mini';
import type { FuseStatus } from '../../contract/deletions/fuse.ts';
import { DeletionId, TenantId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';
import type { FuseAsk } from './charges.ts';

const instant = z.pipe(
  z.int(),
  z.transform((ms) => new Date(ms).toISOString()),
);
const LastTurn = lazily(() =>
  z.discriminatedUnion('event', [
    z.object({
      event: z.literal('fuse_blown'),
      at: instant,
      tenant: TenantId,
      deletion: DeletionId,
      persons: z.int(),
    }),
    z.object({ event: z.literal('fuse_reset') }),
  ]),
);
const ResetRow = lazily(() => z.object({ at: instant, note: z.nullable(z.string()) }));

export class Turns {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The deletion that tripped it; null where it is not tripped. */
  tripped(): FuseStatus['tripped'] {
    const [row] = this.#rows('SELECT * FROM turns ORDER BY step DESC LIMIT 1');
    if (row === undefined) return null;
    const last = LastTurn().parse(row);
    if (last.event === 'fuse_reset') return null;
    const { at: since, tenant, deletion, persons } = last;
    return { since, tenant, deletion, persons };
  }

  lastReset(): FuseStatus['last_reset'] {
    const [row] = this.#rows(
      "SELECT at, note FROM turns WHERE event = 'fuse_reset' ORDER BY step DESC LIMIT 1",
    );
    return row === undefined ? null : ResetRow().parse(row);
  }

  trip({ tenant, deletion, persons, personsPerDay }: FuseAsk, at: number): void {
    this.#rows(
      `INSERT INTO turns (at, event, tenant, deletion, persons, persons_per_day)
      VALUES (?, 'fuse_blown', ?, ?, ?, ?)`,
      at,
      tenant,
      deletion,
      persons,
      personsPerDay,
    );
  }

  reset(note: string | null, at: number): void {
    this.#rows("INSERT INTO turns (at, event, note) VALUES (?, 'fuse_reset', ?)", at, note);
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
