/** Stands in for PostHog where pages are measured: pages of as many persons as asked for, at once or row by row. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const uuidOf = (i: number): string => `0190c0de-0000-7000-8000-${String(i).padStart(12, '0')}`;

/** Properties as a browser leaves them: about 2 KB a person. */
const more = (i: number) =>
  Object.fromEntries(
    Array.from({ length: 34 }, (_, k) => [
      `$property_number_${k}`,
      k % 3 === 0 ? k * i : `value ${k} of ${i}, Köln ${'x'.repeat(k)}`,
    ]),
  );

const row = (i: number): string =>
  JSON.stringify({
    type: 'person',
    id: uuidOf(i),
    uuid: uuidOf(i),
    name: `person${i}@acme.test`,
    distinct_ids: [`person${i}@acme.test`, uuidOf(i + 1_000_000)],
    properties: { email: `person${i}@acme.test`, ssn: '078-05-1120', tenant_id: 'acme', ...more(i) },
    created_at: '2026-01-05T10:00:00Z',
    last_seen_at: null,
    is_identified: true,
  });

const START =
  '{"next":"https://posthog.internal/api/projects/1/persons/?offset=100","previous":null,"results":[';

/** A page of so many persons. */
export const pageOf = (rows: number): Buffer =>
  Buffer.from(`${START}${Array.from({ length: rows }, (_, i) => row(i)).join(',')}]}`);

/** Milliseconds between two rows of a page that comes slowly. */
const BETWEEN_ROWS_MS = 20;

export interface PagesUpstream {
  readonly origin: string;
  /** When the last row of the last slow page was sent, by `performance.now()`. */
  lastRowMs: number;
  close(): void;
}

/** `/100` answers a page of 100, and so does a list with `limit=100`; `/slow/10` one of ten whose rows come one by one. */
export async function startPagesUpstream(): Promise<PagesUpstream> {
  const pages = new Map<number, Buffer>();
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const [, slow, own, limit] =
      /^\/(slow\/)?(?:([0-9]+)$|.*[?&]limit=([0-9]+))/.exec(request.url ?? '') ?? [];
    const count = own ?? limit ?? '0';
    const rows = Number(count);
    if (slow === undefined) {
      const page = pages.get(rows) ?? pageOf(rows);
      pages.set(rows, page);
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': page.length });
      response.end(page);
      return;
    }
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.write(START);
    let sent = 0;
    const timer = setInterval(() => {
      response.write((sent === 0 ? '' : ',') + row(sent));
      sent += 1;
      if (sent < rows) return;
      clearInterval(timer);
      upstream.lastRowMs = performance.now();
      response.end(']}');
    }, BETWEEN_ROWS_MS);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server that listens on a port has such an address
  const { port } = server.address() as AddressInfo;
  const upstream: PagesUpstream = {
    origin: `http://127.0.0.1:${port}`,
    lastRowMs: 0,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return upstream;
}
