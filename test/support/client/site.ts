/** A web site with one page and one script, whose backend mints a short token for each request that asks for one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export interface Site {
  readonly origin: string;
  readonly tokenUrl: string;
  /** How many tokens its backend has given. */
  readonly count: () => number;
  /** How it gets a token. Set before the page asks for one. */
  readonly mintWith: (mint: () => Promise<string>) => void;
}

const HTML = '<!doctype html><html lang="en"><title>A page</title><script src="/app.js"></script></html>';

const mintNothing = (): Promise<string> => Promise.reject(new Error('the site cannot mint a token yet'));

export async function startSite(script: string): Promise<Site> {
  let given = 0;
  let mint = mintNothing;
  const server = createServer(({ url }, response) => {
    if (url === '/token') {
      given += 1;
      void mint().then((token) => response.end(token));
    } else if (url === '/app.js') response.setHeader('content-type', 'text/javascript').end(script);
    else if (url === '/') response.setHeader('content-type', 'text/html').end(HTML);
    else response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    tokenUrl: `${origin}/token`,
    count: () => given,
    mintWith: (how) => {
      mint = how;
    },
  };
}
