/** Lists of persons that are longer than a page. */
import type { operations } from './generated/openapi.ts';
import type { Hedgerow } from './hedgerow.ts';
import type { PersonRow } from './names.ts';

type Listing = operations['persons_list'];

export type PersonsPage = Listing['responses'][200]['content']['application/json'];

export interface ListOptions {
  readonly projectId: number;
  /** Which persons, and how many a page. Tables are read with `fetch`. */
  readonly query?: Omit<NonNullable<Listing['parameters']['query']>, 'format' | 'columns'>;
  readonly signal?: AbortSignal;
}

const PATH = '/api/projects/{project_id}/persons/';

/** Pages until `next` is null. A page may hold fewer rows than `limit`, even none. Rejects as the calls do. */
export async function* pages(
  hedgerow: Hedgerow,
  { projectId, query = {}, signal }: ListOptions,
): AsyncGenerator<PersonsPage, void, undefined> {
  let search: string | null = null;
  do {
    signal?.throwIfAborted();
    const { data: page }: { readonly data: PersonsPage } = await hedgerow.GET(PATH, {
      params: { path: { project_id: projectId }, query },
      ...(signal === undefined ? {} : { signal }),
      ...searching(search),
    });
    yield page;
    search = page.next === null ? null : searchOf(page.next, search);
  } while (search !== null);
}

/** The persons of all pages. A page is asked for when its first person is wanted. */
export async function* all(
  hedgerow: Hedgerow,
  options: ListOptions,
): AsyncGenerator<PersonRow, void, undefined> {
  for await (const { results } of pages(hedgerow, options)) {
    for (const person of results) {
      options.signal?.throwIfAborted();
      yield person;
    }
  }
}

const searching = (search: string | null) => (search === null ? {} : { querySerializer: () => search });

/** Only what a link asks is followed, never to another host: the token goes nowhere but to the gateway. */
function searchOf(next: string, last: string | null): string {
  const search = new URL(next, 'http://gateway.invalid').search.slice(1);
  if (search === last) throw new Error('The link to the next page leads to the page itself.');
  return search;
}
