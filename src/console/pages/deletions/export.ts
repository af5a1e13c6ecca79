/** The log as one table: the pages of the gateway's listing, one after another. */
import type { Gateway } from '../../gateway/gateway.ts';
import { pathTo, withQuery, type Show } from '../../page.ts';
import { FILTERS, queryOf } from './list.tsx';

const ROWS_PER_PAGE = 1000;
/** Calls that the platform allows a request, with some to spare. */
const PAGES_MAX = 500;

/** `GET /deletions/export` and `GET /tenants/:tenant/export`, with the filters of the page. */
export const exportDeletions: Show = async ({ gateway, url, part }) => {
  const tenant = part('tenant');
  const path = tenant === '' ? '/admin/v1/deletions' : `/admin/v1${pathTo('tenants', tenant, 'deletions')}`;
  const asked = new Map(Object.entries(queryOf(url)));
  const query = Object.fromEntries(FILTERS.map((name) => [name, textOf(asked.get(name))]));
  const pages = pagesOf(gateway, path, query);
  const first = await pages.next();
  const body = streamOf(rows(first.value ?? '', pages));
  return {
    kind: 'raw',
    response: new Response(body, {
      headers: {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="deletions${tenant === '' ? '' : `-${tenant}`}.csv"`,
      },
    }),
  };
};

/** Read no faster than the browser takes it. */
export function streamOf(parts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = await parts.next();
      if (part.done === true) controller.close();
      else controller.enqueue(encoder.encode(part.value));
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Texts of the pages. The first failure is that of the request, a later one ends the table in the middle. */
async function* pagesOf(
  gateway: Gateway,
  path: string,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<string, undefined> {
  let cursor: string | undefined;
  for (let nth = 0; nth < PAGES_MAX; nth += 1) {
    const address = withQuery(path, { ...query, format: 'csv', limit: String(ROWS_PER_PAGE), cursor });
    const answer = await gateway.fetch(`/${address.slice(1)}`);
    yield await answer.text();
    cursor = cursorOf(answer.headers.get('link'));
    if (cursor === undefined) return undefined;
  }
  throw new Error(`A log of more than ${PAGES_MAX} pages does not fit into one export.`);
}

const NEXT = /<([^>]*)>\s*;\s*rel="?next"?/;

function cursorOf(link: string | null): string | undefined {
  const [, address] = NEXT.exec(link ?? '') ?? [];
  return address !== undefined && URL.canParse(address)
    ? (new URL(address).searchParams.get('cursor') ?? undefined)
    : undefined;
}

/** Every page begins with the names of the columns; a table has them once. */
async function* rows(first: string, rest: AsyncGenerator<string, undefined>): AsyncGenerator<string> {
  yield first;
  for await (const page of rest) yield page.slice(page.indexOf('\n') + 1);
}
