/** The backend of a page: it mints a short token for each request that asks for one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export interface Backend {
  readonly url: string;
  /** How many tokens it has given. */
  readonly count: () => number;
}

export async function startBackend(mint: () => Promise<string>): Promise<Backend> {
  let given = 0;
  const server = createServer((_, response) => {
    given += 1;
    void mint().then((token) => response.end(token));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/token`, count: () => given };
}
