/** What a reader is shown of the log: the operator all of it, a tenant what its registration and its slices cover. */
import { failure, type Failure } from '../../core/failure.ts';
import type { DeletionId } from '../../core/ids.ts';
import type { ListedRefusals, Refusals } from './audit/refusals.ts';
import { termsOf, type LogPage } from './audit/search.ts';
import type { DistinctIdHasher } from './distinct-id-key.ts';
import type { DeletionDetail, DeletionEntry, DeletionStatus, LogView } from './entry.ts';
import { EVERYTHING, type DeletionReader, type IdsOfChunk, type Shown } from './storage/reader.ts';
import type { Registrations } from './storage/registrations.ts';
import type { DeletionResolutions } from './storage/resolutions.ts';

export const noSuchDeletion = (): Failure =>
  failure('record_unknown', 'There is no such deletion in the log. Ids look like del_…', 'id');

export class Views {
  readonly #reader: DeletionReader;
  readonly #refusals: Refusals;
  readonly #registrations: Registrations;
  readonly #resolutions: DeletionResolutions;

  constructor(
    reader: DeletionReader,
    refusals: Refusals,
    registrations: Registrations,
    resolutions: DeletionResolutions,
  ) {
    this.#reader = reader;
    this.#refusals = refusals;
    this.#registrations = registrations;
    this.#resolutions = resolutions;
  }

  /** `hasher` is asked for where a person is looked for. */
  async list(
    page: LogPage,
    view: LogView,
    hasher: () => Promise<DistinctIdHasher>,
  ): Promise<{ rows: DeletionEntry[]; next: DeletionId | null }> {
    const { person } = page.filter ?? {};
    const terms = person === undefined ? null : await termsOf(person, await hasher());
    const shown = this.#shownTo(view);
    return shown === null ? { rows: [], next: null } : this.#reader.page(page, shown, terms);
  }

  /** A registration that never deleted anything has no entries, and may have refusals. */
  refusals(page: LogPage, view: LogView): ListedRefusals {
    return this.#refusals.page(
      page,
      view.kind === 'operator'
        ? { registration: null, slices: null, namedByDistinctId: true }
        : {
            registration: view.registration,
            slices: view.slices.length === 0 ? null : view.slices,
            namedByDistinctId: !view.distinctIdsHidden,
          },
    );
  }

  find(id: DeletionId, view: LogView): DeletionEntry | null {
    const shown = this.#shownTo(view);
    return shown === null ? null : this.#reader.find(id, shown);
  }

  detail(id: DeletionId, view: LogView): DeletionDetail | null {
    const shown = this.#shownTo(view);
    return shown === null ? null : this.#reader.detail(id, shown);
  }

  status(id: DeletionId, view: LogView): DeletionStatus | null {
    const shown = this.#shownTo(view);
    return shown === null ? null : this.#reader.status(id, shown);
  }

  ids(id: DeletionId, chunk: number, view: LogView): IdsOfChunk | null {
    const shown = this.#shownTo(view);
    return shown === null ? null : this.#reader.ids(id, chunk, shown);
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
      showsMinters: false,
    };
  }
}
