/** All rows of a listing that is shown as one table: those of operators, which are few. */

interface Page<Row> {
  readonly results: readonly Row[];
  readonly next: string | null;
}

/** The cursor as the parameters of a page have it. */
export interface PageQuery {
  readonly cursor?: string;
  readonly limit: number;
}

const ROWS_OF_A_PAGE = 1000;

/** Rows as they come, a page at a time. */
export async function* rowsOf<Row>(
  page: (query: PageQuery) => Promise<Page<Row>>,
): AsyncGenerator<Row, void, undefined> {
  let query: PageQuery = { limit: ROWS_OF_A_PAGE };
  for (;;) {
    const { results, next } = await page(query);
    yield* results;
    if (next === null) return;
    query = { limit: ROWS_OF_A_PAGE, cursor: cursorIn(next) };
  }
}

/** At most `most` of them; all where nothing is said. */
export async function pagesOf<Row>(
  page: (query: PageQuery) => Promise<Page<Row>>,
  most = Infinity,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of rowsOf(page)) {
    if (rows.length >= most) break;
    rows.push(row);
  }
  return rows;
}

/** `next` is a link to the next page, of which the cursor is taken and nothing else. */
function cursorIn(next: string): string {
  const cursor = new URL(next, 'http://gateway.invalid').searchParams.get('cursor');
  if (cursor === null) throw new Error('The link to the next page has no cursor.');
  return cursor;
}
