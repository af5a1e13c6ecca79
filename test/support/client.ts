/** Real HTTP, with the path, the method and the headers exactly as a test writes them. */
import { request as httpRequest } from 'node:http';
import type { Recorder } from './recorder.ts';

/** What a request has besides method and path. */
export interface Sending {
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; give a content type along. */
  readonly body?: string | Uint8Array;
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; repeated ones joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

export type Send = (method: string, path: string, sending?: Sending) => Promise<Answer>;

export function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function headersOf({ token, headers, json, body }: Sending): Record<string, string | string[]> {
  const payload = json === undefined ? body : JSON.stringify(json);
  const own: Record<string, string | string[]> = {};
  if (token !== undefined) own['authorization'] = `Bearer ${token}`;
  if (json !== undefined) own['content-type'] = 'application/json';
  if (payload !== undefined) own['content-length'] = String(Buffer.byteLength(payload));
  for (const [name, value] of Object.entries(headers ?? {})) {
    own[name] = typeof value === 'string' ? value : [...value];
  }
  return own;
}

/**
 * A client of one server. Every request has a connection of its own: one that is kept open can be closed by the server
 * in the very moment it is used again, and a test would fail for nothing.
 */
export function clientOf(origin: string, recorder?: Recorder): Send {
  const { hostname, port } = new URL(origin);
  return (method, path, sending = {}) =>
    new Promise((resolve, reject) => {
      const headers = headersOf(sending);
      const payload = sending.json === undefined ? sending.body : JSON.stringify(sending.json);
      const authorization = headers['authorization'];
      recorder?.asked(
        path,
        String(payload ?? ''),
        typeof authorization === 'string' ? authorization : undefined,
      );
      const asked = httpRequest({ hostname, port, method, path, headers, agent: false }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const status = incoming.statusCode ?? 0;
          recorder?.answered(`${method} ${path}`, status, incoming.rawHeaders.join('\n'), text);
          const flat: Record<string, string> = {};
          for (const [name, value] of Object.entries(incoming.headers)) flat[name] = String(value);
          resolve({ status, headers: flat, text, json: parsed(text) });
        });
      });
      asked.on('error', reject);
      asked.end(payload);
    });
}

/** Asks for everything, a number of requests at once, and gives the answers in order. */
export async function together<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  atOnce = 24,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** Asks again until the answer is there. The deadline is only there to end a test that would never end. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  patienceMs = 45_000,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Requests one after the other that come in between: what was sent before them has come further by then than they. */
const PASSING = 5;

/** Lets everything that was sent before arrive, however slow the machine is. */
export async function letPass(ask: (nth: number) => Promise<Answer>): Promise<void> {
  for (let nth = 1; nth <= PASSING; nth += 1) await ask(nth);
}
