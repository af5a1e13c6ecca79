/** What is written of deletions whose persons the log finds itself. Decides nothing. Times are milliseconds since 1970. */
import * as z from 'zod/mini';
import { DeletingOperation } from '../../../catalogue/deletion.ts';
import { ProjectId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { distinct } from '../digest.ts';
import { JsonColumn, PersonSelector, slicesOf, type DeletionOrder } from '../entry.ts';
import { chunksOf } from '../job/facts.ts';
import type { FoundSet, Selection } from '../resolving/read-set.ts';
import type { SampledPerson } from '../resolving/sample.ts';
import { SelectionTerms } from '../resolving/selection.ts';
import { canonicalSlices } from './slices.ts';

const flag = z.pipe(
  z.literal([0, 1]),
  z.transform((value) => value === 1),
);

const Row = lazily(() =>
  z.object({
    origin: z.nullable(z.string()),
    operation: DeletingOperation,
    project_id: ProjectId,
    target: z.enum(['uuids', 'distinct_ids']),
    delete_events: flag,
    delete_recordings: flag,
    keep_person: flag,
    filter: z.nullable(z.pipe(JsonColumn, PersonSelector)),
    terms: z.pipe(JsonColumn, SelectionTerms),
  }),
);
const Part = lazily(() => z.object({ ids: z.pipe(JsonColumn, z.array(z.string())) }));
const FindingRow = lazily(() =>
  z.object({ finding: z.int(), at: z.int(), persons: z.int(), digest: z.string() }),
);
const Sampled = lazily(() =>
  z.object({ person: z.record(z.string(), z.json()), distinctIds: z.array(z.string()) }),
);
const SampleRow = lazily(() => z.object({ persons: z.pipe(JsonColumn, z.array(Sampled())) }));
const Moment = lazily(() => z.object({ at: z.nullable(z.int()) }));

/** A selection as it was asked for. */
export interface StoredSelection extends Selection {
  readonly number: number;
  readonly origin: string | null;
  readonly deletion: {
    readonly operation: DeletingOperation;
    readonly projectId: ProjectId;
    readonly flags: {
      readonly delete_events: boolean;
      readonly delete_recordings: boolean;
      readonly keep_person: boolean;
    };
  };
  readonly terms: SelectionTerms;
}

/** The persons that the newest finding named. */
export type Finding = z.output<ReturnType<typeof FindingRow>>;

export class Selections {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One row, and one for each thousand ids. */
  record(number: number, order: DeletionOrder): void {
    const { filter, preview, budgets, holds, deletion } = order;
    const slices = slicesOf(order);
    const terms: z.input<typeof SelectionTerms> = {
      budgets: [...budgets],
      holds,
      preview: preview === undefined ? null : SelectionTerms.shape.preview.parse(preview),
      slices: (slices ?? []).map(({ property, values }) => ({ property, values: [...values] })),
    };
    this.#rows(
      'INSERT INTO selections VALUES (?, ?, ?, ?)',
      number,
      slices === null ? null : canonicalSlices(slices),
      filter === undefined ? null : JSON.stringify(filter),
      JSON.stringify(terms),
    );
    if (filter !== undefined) return;
    for (const [part, ids] of chunksOf(deletion.target).entries())
      this.#rows('INSERT INTO named VALUES (?, ?, ?)', number, part, JSON.stringify(ids));
  }

  read(number: number): StoredSelection {
    const [row] = this.#rows(
      `SELECT i.origin, i.operation, i.project_id, i.target, i.delete_events, i.delete_recordings, i.keep_person,
        s.filter, s.terms
      FROM intents i JOIN selections s ON s.entry = i.entry WHERE i.entry = ?`,
      number,
    );
    const { origin, operation, project_id: projectId, target, filter, terms, ...flags } = Row().parse(row);
    const lists = this.#rows('SELECT ids FROM named WHERE entry = ? ORDER BY part', number).map(
      (part) => Part().parse(part).ids,
    );
    return {
      number,
      origin,
      projectId,
      slices: terms.slices,
      by: filter === null ? { kind: target, lists } : { kind: 'filter', filter },
      deletion: { operation, projectId, flags },
      terms,
    };
  }

  /** Null before the first. */
  latest(number: number): Finding | null {
    const [row] = this.#rows(
      'SELECT finding, at, persons, digest FROM findings WHERE entry = ? ORDER BY finding DESC LIMIT 1',
      number,
    );
    return row === undefined ? null : FindingRow().parse(row);
  }

  /** When its persons were shown for the first time; null before. */
  shownAt(number: number): number | null {
    return Moment().parse(this.#rows('SELECT min(at) AS at FROM findings WHERE entry = ?', number)[0]).at;
  }

  /** One row. */
  find(number: number, { persons, digest }: FoundSet, at: number): void {
    const finding = (this.latest(number)?.finding ?? 0) + 1;
    this.#rows('INSERT INTO findings VALUES (?, ?, ?, ?, ?)', number, finding, at, persons.length, digest);
  }

  /** One row. The persons are charged from now on. */
  charge(number: number, { persons }: FoundSet, at: number): void {
    this.#rows('INSERT INTO charges VALUES (?, ?, ?)', number, at, distinct(persons).length);
  }

  sample(number: number): readonly SampledPerson[] {
    const [row] = this.#rows('SELECT persons FROM samples WHERE entry = ?', number);
    return row === undefined ? [] : SampleRow().parse(row).persons;
  }

  keepSample(number: number, persons: readonly SampledPerson[]): void {
    this.#rows('INSERT OR REPLACE INTO samples VALUES (?, ?)', number, JSON.stringify(persons));
  }

  dropSample(number: number): void {
    this.#rows('DELETE FROM samples WHERE entry = ?', number);
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
