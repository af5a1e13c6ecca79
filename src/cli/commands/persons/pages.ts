/** Pages of persons as the gateway wrote them, one after another. */
import type { Session } from '../../session/session.ts';
import { membersOfAnswer, writtenItems } from './written-json.ts';

/** The rows of a page, each as it is written, without the line breaks that may be between their members. */
export interface WrittenPage {
  readonly rows: readonly string[];
}

const pathOf = (project: number, query: URLSearchParams) =>
  `/api/projects/${project}/persons/?${query.toString()}` as const;

/** Rows of the list until its end, a page at a time. */
export async function* writtenPages(
  { hedgerow }: Session,
  project: number,
  first: URLSearchParams,
): AsyncGenerator<WrittenPage, void, undefined> {
  let query: URLSearchParams | null = first;
  while (query !== null) {
    const text = await (await hedgerow.fetch(pathOf(project, query))).text();
    const members = membersOfAnswer(text);
    const [results, next] = [members.get('results'), members.get('next')];
    // A body that is no page has no `next`: the export would end early and look complete.
    if (results?.startsWith('[') !== true || next === undefined)
      throw new SyntaxError('The answer is no page of persons.');
    yield { rows: writtenItems(results) };
    query = nextQuery(JSON.parse(next), query);
  }
}

/** The same as CSV. The first page has the line of titles, and the others have none. */
export async function* csvPages(
  { hedgerow }: Session,
  project: number,
  first: URLSearchParams,
): AsyncGenerator<AsyncIterable<Uint8Array>, void, undefined> {
  let query: URLSearchParams | null = first;
  while (query !== null) {
    const response = await hedgerow.fetch(pathOf(project, query));
    const { body, headers } = response;
    if (body === null || headers.get('content-type')?.startsWith('text/csv') !== true)
      throw new SyntaxError('The answer is no table.');
    yield body;
    const link = /<([^>]*)>;\s*rel="next"/.exec(headers.get('link') ?? '')?.[1];
    query = nextQuery(link ?? null, query);
  }
}

/** Only what a link asks is followed, never to another host: the token goes nowhere but to the gateway. */
function nextQuery(link: unknown, last: URLSearchParams): URLSearchParams | null {
  if (typeof link !== 'string') return null;
  const query = new URL(link, 'http://gateway.invalid').searchParams;
  if (query.toString() === last.toString())
    throw new Error('The link to the next page leads to the page itself.');
  return query;
}
