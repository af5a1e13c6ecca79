/** What a web framework would bring along: cookies, forms and the files of the page. */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const FILES = new Map<string, readonly [file: string, type: string]>([
  ['/', ['page.html', 'text/html; charset=utf-8']],
  ['/page.js', ['page.js', 'text/javascript']],
  ['/hedgerow.js', [fileURLToPath(import.meta.resolve('hedgerow/client/bundle')), 'text/javascript']],
]);

/** The session that the browser sent; empty where it sent none. */
export const sessionOf = ({ headers }: IncomingMessage): string =>
  /(?:^|; )session=([\w-]+)/.exec(headers.cookie ?? '')?.[1] ?? '';

/** The fields of a form. */
export const readForm = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams(await text(request));

/** Answers with a file of the page, or with 404. */
export async function sendFile({ method, url = '' }: IncomingMessage, response: ServerResponse) {
  const [file, type] = FILES.get(url) ?? [];
  if (method !== 'GET' || file === undefined || type === undefined) return response.writeHead(404).end();
  const bytes = await readFile(new URL(file, import.meta.url));
  return response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(bytes);
}
