/** The looks for persons that were deleted: what was looked for, and what was found. Decides nothing. */
import * as z from 'zod/mini';
import type { Deletion } from '../../../catalogue/deletion.ts';
import type { Generation } from '../../../catalogue/generation.ts';
import { PersonUuid } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import type { Slice } from '../../../policy/slice.ts';
import { JsonColumn } from '../entry.ts';
import type { PendingDeletion } from '../job/hold.ts';
import type { EventCounts } from '../verify/events.ts';
import type { Sighting } from '../verify/look.ts';
import { PASS_KINDS, type EventLook, type Look } from '../verify/plan.ts';
import { pendingOf } from './pending.ts';
import { SlicesColumn, parseStoredSlices } from './slices.ts';

const LookRow = lazily(() =>
  z.pipe(
    z.object({ pass: z.int(), kind: z.enum(PASS_KINDS), chunk: z.int(), at: z.int(), there: z.int() }),
    z.transform(({ there, ...look }): Look => ({ ...look, remaining: there })),
  ),
);
const EventLookRow = lazily(() => z.object({ at: z.int(), pending: z.int() }));
const Times = lazily(() =>
  z.object({ sent_at: z.int(), accepted_at: z.int(), slices: z.nullable(SlicesColumn) }),
);
const Texts = z.pipe(JsonColumn, z.array(z.string()));
const Known = lazily(() => z.object({ present: z.int(), inside: z.int() }));
const Ids = lazily(() => z.object({ ids: Texts }));

/** The last look counts nobody again. */
const NOTHING_NEW: Sighting = {
  gone: 0,
  reappeared: 0,
  reappearedOutside: 0,
  leftSlice: 0,
  notChecked: 0,
  there: [],
};
const NOBODY_CAME_BACK = { cameBack: 0, cameBackInside: 0 };

/** When a deletion was sent and accepted, in milliseconds since 1970, and the slices it was made under. */
export interface Accepted {
  readonly sentAt: number;
  readonly acceptedAt: number;
  readonly slices: readonly Slice[];
}

export class Looks {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One row. `asked` is how many ids were looked for. */
  record(
    number: number,
    { pass, kind, chunk, at }: Omit<Look, 'remaining'>,
    asked: number,
    seen: Sighting,
  ): void {
    const isLast = kind === 'last';
    const { gone, reappeared, reappearedOutside, leftSlice, notChecked, there } = isLast ? NOTHING_NEW : seen;
    const { cameBack, cameBackInside } = isLast ? this.#cameBack(number, chunk, seen) : NOBODY_CAME_BACK;
    this.#rows(
      'INSERT INTO looks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      number,
      pass,
      chunk,
      kind,
      at,
      isLast ? 0 : asked,
      gone,
      reappeared,
      reappearedOutside,
      leftSlice,
      notChecked,
      cameBack,
      cameBackInside,
      there.length,
      JSON.stringify(there),
    );
  }

  /** Persons of a chunk that PostHog has and that were not known to be there: all of them, and those in the slice. */
  #cameBack(number: number, chunk: number, { reappeared, reappearedOutside, leftSlice, there }: Sighting) {
    const [row] = this.#rows(
      `SELECT coalesce(sum(reappeared + left_slice), 0) AS present,
        coalesce(sum(reappeared - reappeared_outside), 0) AS inside
      FROM looks WHERE entry = ? AND chunk = ?`,
      number,
      chunk,
    );
    const { present, inside } = Known().parse(row);
    return {
      cameBack: Math.max(0, reappeared + leftSlice + there.length - present),
      cameBackInside: Math.max(0, reappeared - reappearedOutside + there.length - inside),
    };
  }

  /** One row. */
  recordEvents(number: number, look: number, at: number, counts: EventCounts): void {
    const { completed, pending, notQueued, unknown } = counts;
    this.#rows(
      'INSERT INTO event_looks VALUES (?, ?, ?, ?, ?, ?, ?)',
      number,
      look,
      at,
      completed,
      pending,
      notQueued,
      unknown,
    );
  }

  looks(number: number): Look[] {
    return this.#rows(
      'SELECT pass, kind, chunk, at, there FROM looks WHERE entry = ? ORDER BY pass, chunk',
      number,
    ).map((row) => LookRow().parse(row));
  }

  eventLooks(number: number): EventLook[] {
    return this.#rows('SELECT at, pending FROM event_looks WHERE entry = ? ORDER BY look', number).map(
      (row) => EventLookRow().parse(row),
    );
  }

  accepted(number: number): Accepted {
    const [row] = this.#rows(
      `SELECT (SELECT min(at) FROM attempts WHERE entry = i.entry) AS sent_at, o.settled_at AS accepted_at,
        coalesce(j.slices, r.slices) AS slices
      FROM intents i JOIN outcomes o ON o.entry = i.entry
        LEFT JOIN jobs j ON j.entry = i.entry LEFT JOIN resolutions r ON r.entry = i.entry
      WHERE i.entry = ?`,
      number,
    );
    const { sent_at: sentAt, accepted_at: acceptedAt, slices } = Times().parse(row);
    return { sentAt, acceptedAt, slices: parseStoredSlices(slices ?? []) };
  }

  /** What PostHog was sent of a chunk. */
  sent(number: number, chunk: number): PendingDeletion {
    const [row] = this.#rows(
      `SELECT i.origin, i.operation, i.project_id, i.delete_events, i.delete_recordings, i.keep_person,
        ? AS chunk, coalesce(j.chunks, 1) AS chunks,
        CASE WHEN s.entry IS NOT NULL THEN 'uuids' WHEN f.ids IS NOT NULL AND i.target <> 'person' THEN 'uuids' ELSE coalesce(r.target, i.target) END AS target,
        0 AS chunk_attempts, 0 AS attempts, 1 AS resolved, NULL AS slices, 0 AS moved_at,
        coalesce(f.ids, r.ids, c.ids, i.ids) AS ids
      FROM intents i
        LEFT JOIN jobs j ON j.entry = i.entry
        LEFT JOIN selections s ON s.entry = i.entry
        LEFT JOIN resolutions r ON r.entry = i.entry
        LEFT JOIN chunks c ON c.entry = i.entry AND c.chunk = ?
        LEFT JOIN rechecks f ON f.entry = i.entry AND f.chunk = ? AND f.of_chunk = 1
      WHERE i.entry = ?`,
      chunk,
      chunk,
      chunk,
      number,
    );
    return pendingOf(row);
  }

  /** Ids of a chunk that were still there when it was last looked at; null where it never was. */
  remaining(number: number, chunk: number): string[] | null {
    const [row] = this.#rows(
      'SELECT ids FROM looks WHERE entry = ? AND chunk = ? ORDER BY pass DESC LIMIT 1',
      number,
      chunk,
    );
    return row === undefined ? null : Ids().parse(row).ids;
  }

  /** Can PostHog be asked about events? Generation A has no list of event deletions, and the list names persons by UUID. */
  seesEvents(number: number, { flags }: Pick<Deletion, 'flags'>, generation: Generation): boolean {
    return flags.delete_events && generation !== 'A' && this.persons(number).size > 0;
  }

  /** Every person that was sent by UUID; empty where persons were named otherwise. */
  persons(number: number): Set<PersonUuid> {
    const { chunks } = this.sent(number, 0);
    const persons = new Set<PersonUuid>();
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      const { target } = this.sent(number, chunk).deletion;
      if (target.kind === 'distinct_ids') continue;
      for (const id of target.ids) {
        const uuid = PersonUuid.safeParse(id);
        if (uuid.success) persons.add(uuid.data);
      }
    }
    return persons;
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
