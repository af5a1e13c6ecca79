/** What a program does with the client. The same text runs in Node, in a Worker and in a page; it says what it saw. */
import { createHedgerow, deletions, HedgerowError, persons } from '../../../src/client/index.ts';

export interface Setting {
  /** The gateway. */
  readonly url: string;
  /** Where a short token is fetched. */
  readonly tokenUrl: string;
  /** A person who is deleted. */
  readonly uuid: string;
}

export interface Seen {
  /** Names of the persons of all pages, on each side of a renewal. */
  readonly listed: readonly (readonly (string | null | undefined)[])[];
  readonly pages: readonly number[];
  readonly refusal: { readonly code: string; readonly attr: string | null; readonly hasRequestId: boolean };
  readonly states: readonly string[];
  readonly outcome: string;
  readonly table: string;
}

const TOKEN_LIFE_MS = 600_000;
const RENEWALS = 3;

export async function scenario({ url, tokenUrl, uuid }: Setting): Promise<Seen> {
  let laterMs = 0;
  const hedgerow = createHedgerow({
    url,
    getToken: async () => (await fetch(tokenUrl)).text(),
    platform: { nowMs: () => Date.now() + laterMs },
  });
  const query = { limit: 15 };
  const listed: (string | null | undefined)[][] = [];
  for (let renewals = 0; renewals <= RENEWALS; renewals += 1) {
    const names: (string | null | undefined)[] = [];
    for await (const { name } of persons.all(hedgerow, { projectId: 1, query })) names.push(name);
    listed.push(names);
    laterMs += TOKEN_LIFE_MS;
  }
  const pages: number[] = [];
  for await (const { results } of persons.pages(hedgerow, { projectId: 1, query }))
    pages.push(results.length);

  const states: string[] = [];
  const { kind } = await deletions.run(
    hedgerow,
    { ids: [uuid] },
    { onState: ({ state }) => states.push(state) },
  );
  const table = await hedgerow.fetch('/v1/deletions?format=csv');
  return { listed, pages, refusal: await refusal(), states, outcome: kind, table: await table.text() };

  async function refusal(): Promise<Seen['refusal']> {
    try {
      await hedgerow.GET('/api/projects/{project_id}/persons/', {
        params: { path: { project_id: 1 }, query: { limit: 1001 } },
      });
    } catch (error) {
      if (!(error instanceof HedgerowError)) throw error;
      const { code, attr, requestId } = error;
      return { code, attr, hasRequestId: requestId?.startsWith('req_') ?? false };
    }
    throw new Error('a limit that is too large was taken');
  }
}
