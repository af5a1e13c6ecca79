/** Deletions that were refused: records of their own, which spend no budget. A bounded number of a day is kept. */
import * as z from 'zod/mini';
import type { Deletion, DeletionTarget } from '../../../catalogue/deletion.ts';
import { RefusedDeletion, type KeptRefusal } from '../../../contract/deletions/refusal.ts';
import type { RegistrationId, RequestId, TenantId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { LIMITS } from '../../../core/limits.ts';
import type { Slice } from '../../../policy/slice.ts';
import { JsonColumn } from '../entry.ts';
import { firstNumberAt, instantOf, nextNumber } from '../id.ts';
import { canonicalSlices, coversDeleted, SlicesColumn } from '../storage/slices.ts';
import { requesterColumns, recordRequester, type Requester } from './requesters.ts';
import type { LogPage } from './search.ts';

const DAY_MS = 86_400_000;

/** A deletion that was not written down. */
export interface Refusal {
  readonly code: KeptRefusal;
  readonly registration: RegistrationId;
  readonly tenant: TenantId;
  readonly requester: Requester;
  readonly requestId: RequestId;
  readonly deletion: Pick<Deletion, 'operation' | 'projectId' | 'flags'>;
  /** What the client named persons by, and how many distinct ids that were. */
  readonly asked: { readonly kind: DeletionTarget['kind']; readonly ids: number };
  /** Null where no slice is checked. */
  readonly slices: readonly Slice[] | null;
}

/** Which refusals a reader is shown. */
export interface RefusalsShown {
  /** Null: of every registration. */
  readonly registration: RegistrationId | null;
  /** Only of grants whose slices these cover; null where those without any are shown as well. */
  readonly slices: readonly Slice[] | null;
  readonly namedByDistinctId: boolean;
}

export interface ListedRefusals {
  rows: RefusedDeletion[];
  next: string | null;
  /** How many more there were, by day (UTC). */
  leftOut: { day: string; count: number }[];
}

const flag = z.pipe(
  z.literal([0, 1]),
  z.transform((value) => value === 1),
);
const Stored = lazily(() =>
  z.looseObject({
    refusal: z.int(),
    ancestors: JsonColumn,
    ancestor_names: JsonColumn,
    delete_events: flag,
    delete_recordings: flag,
    keep_person: flag,
  }),
);
const SlicesRow = lazily(() => z.object({ slices: z.string() }));
const LeftOut = lazily(() =>
  z.pipe(
    z.object({ day: z.int(), count: z.int() }),
    z.transform(({ day, count }) => ({ day: new Date(day * DAY_MS).toISOString().slice(0, 10), count })),
  ),
);
const Moment = lazily(() => z.object({ at: z.nullable(z.int()) }));

export class Refusals {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** One row. `now` is in milliseconds since 1970, `names` are those of the requester's tokens. */
  record(refusal: Refusal, names: readonly (string | null)[], now: number): void {
    const day = Math.floor(now / DAY_MS);
    this.#storage.transactionSync(() => {
      if (this.#countSince(firstNumberAt(day * DAY_MS)) < LIMITS.refusalsPerDayMax)
        this.#insert(refusal, names, now);
      else
        this.#rows(
          'INSERT INTO refusals_left_out VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET count = count + 1',
          day,
        );
    });
  }

  #insert(refusal: Refusal, names: readonly (string | null)[], now: number): void {
    const { code, registration, tenant, requester, requestId, deletion, asked, slices } = refusal;
    const { flags } = deletion;
    recordRequester(this.#storage.sql, requester, names);
    const newest = Moment().parse(this.#rows('SELECT max(refusal) AS at FROM refusals')[0]).at;
    this.#rows(
      'INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      nextNumber(newest, now),
      code,
      registration,
      tenant,
      requester.token,
      JSON.stringify(requester.ancestors),
      requestId,
      deletion.operation,
      deletion.projectId,
      asked.kind,
      asked.ids,
      flags.delete_events ? 1 : 0,
      flags.delete_recordings ? 1 : 0,
      flags.keep_person ? 1 : 0,
      slices === null ? null : canonicalSlices(slices),
    );
  }

  /** The filter's state and person are of no refusal, and are not asked for. */
  page({ limit, before, order = 'newest', filter = {} }: LogPage, shown: RefusalsShown): ListedRefusals {
    const at = before === null ? null : Number(before);
    const [from, to, direction] =
      order === 'oldest'
        ? [(at ?? -1) + 1, Number.MAX_SAFE_INTEGER, 'ASC']
        : [0, at ?? Number.MAX_SAFE_INTEGER, 'DESC'];
    const covered = shown.slices === null ? null : JSON.stringify(this.#coveredBy(shown.slices));
    const found = this.#rows(
      `SELECT e.*, ${requesterColumns('e')} FROM refusals e
      WHERE e.refusal >= ? AND e.refusal < ? AND e.refusal >= ? AND e.refusal < ?
        AND (? IS NULL OR e.registration = ?) AND (? IS NULL OR e.slices IN (SELECT value FROM json_each(?)))
        AND (? OR e.target <> 'distinct_ids')
        AND (? IS NULL OR e.token = ? OR EXISTS (SELECT 1 FROM json_each(e.ancestors) WHERE value = ?))
        AND (? IS NULL OR e.request_id = ?)
      ORDER BY e.refusal ${direction} LIMIT ?`,
      from,
      to,
      firstNumberAt(filter.from ?? 0),
      filter.to === undefined ? Number.MAX_SAFE_INTEGER : firstNumberAt(filter.to),
      shown.registration,
      shown.registration,
      covered,
      covered,
      shown.namedByDistinctId ? 1 : 0,
      filter.token ?? null,
      filter.token ?? null,
      filter.token ?? null,
      filter.requestId ?? null,
      filter.requestId ?? null,
      limit + 1,
    ).map((row) => Stored().parse(row));
    const rows = found.slice(0, limit);
    return {
      rows: rows.map((row) =>
        RefusedDeletion().parse({ ...row, refused_at: new Date(instantOf(row.refusal)).toISOString() }),
      ),
      next: found.length > limit ? String(rows.at(-1)?.refusal ?? '') : null,
      leftOut: shown.registration === null ? this.#leftOut() : [],
    };
  }

  /** The latest days. */
  #leftOut(): z.output<ReturnType<typeof LeftOut>>[] {
    return this.#rows(
      'SELECT day, count FROM refusals_left_out ORDER BY day DESC LIMIT ?',
      LIMITS.listRowsDefault,
    ).map((row) => LeftOut().parse(row));
  }

  #coveredBy(slices: readonly Slice[]): string[] {
    return this.#rows('SELECT DISTINCT slices FROM refusals WHERE slices IS NOT NULL')
      .map((row) => SlicesRow().parse(row).slices)
      .filter((text) => coversDeleted(slices, SlicesColumn.parse(text)));
  }

  #countSince(number: number): number {
    return (
      Moment().parse(this.#rows('SELECT count(*) AS at FROM refusals WHERE refusal >= ?', number)[0]).at ?? 0
    );
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }
}
