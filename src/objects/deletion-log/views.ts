/** What a reader is shown of the log: the operator all of it, a tenant what its registration and its slices cover. */
import { failure, type Failure } from '../../core/failure.ts';
import { DeletionId } from '../../core/ids.ts';
import type { DeletionDetail, DeletionEntry, DeletionStatus, LogView } from './entry.ts';
import { EVERYTHING, type DeletionReader, type IdsOfChunk, type Shown } from './storage/reader.ts';
import type { Registrations } from './storage/registrations.ts';
import type { DeletionResolutions } from './storage/resolutions.ts';

export const noSuchDeletion = (): Failure =>
  failure('record_unknown', 'There is no such deletion in the log. Ids look like del_…', 'id');

/** Where a list goes on, and how many entries a page of it has. */
export interface PageOf {
  readonly limit: number;
  /** The `next` of the page before; null for the first. */
  readonly before: string | null;
}

export class Views {
  readonly #reader: DeletionReader;
  readonly #registrations: Registrations;
  readonly #resolutions: DeletionResolutions;

  constructor(reader: DeletionReader, registrations: Registrations, resolutions: DeletionResolutions) {
    this.#reader = reader;
    this.#registrations = registrations;
    this.#resolutions = resolutions;
  }

  /**
   * Entries by age, the newest first, each once however many are added between pages.
   * @throws where `before` is not a deletion id: callers check that first.
   */
  list({ limit, before }: PageOf, view: LogView): { rows: DeletionEntry[]; next: string | null } {
    const shown = this.#shownTo(view);
    if (shown === null) return { rows: [], next: null };
    const found = this.#reader.page(before === null ? null : DeletionId.parse(before), limit + 1, shown);
    const rows = found.slice(0, limit);
    return { rows, next: found.length > rows.length ? (rows.at(-1)?.id ?? null) : null };
  }

  find(id: DeletionId, view: LogView): DeletionEntry | null {
    return this.#through(view, (shown) => this.#reader.find(id, shown));
  }

  status(id: DeletionId, view: LogView): DeletionStatus | null {
    return this.#through(view, (shown) => this.#reader.status(id, shown));
  }

  detail(id: DeletionId, view: LogView): DeletionDetail | null {
    return this.#through(view, (shown) => this.#reader.detail(id, shown));
  }

  ids(id: DeletionId, chunk: number, view: LogView): IdsOfChunk | null {
    return this.#through(view, (shown) => this.#reader.ids(id, chunk, shown));
  }

  #through<T>(view: LogView, read: (shown: Shown) => T | null): T | null {
    const shown = this.#shownTo(view);
    return shown === null ? null : read(shown);
  }

  /** Null where the view shows no entry. */
  #shownTo(view: LogView): Shown | null {
    if (view.kind === 'operator') return EVERYTHING;
    const entries = this.#registrations.entries(view.registration);
    if (entries === null) return null;
    return {
      entries,
      slices: this.#resolutions.coveredBy(view.slices),
      namedByDistinctId: !view.distinctIdsHidden,
    };
  }
}
