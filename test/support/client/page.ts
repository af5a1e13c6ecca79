/**
 * A page without a browser: a context that has the interfaces of the web and none of Node, and a `fetch` that keeps the
 * rules of CORS. It asks first, says where it comes from, and shows only the headers that are exposed.
 */
import { createContext, runInContext } from 'node:vm';

/** What of the web the client uses. Whatever else it reached for would be a ReferenceError. */
const WEB = {
  AbortController,
  AbortSignal,
  atob,
  clearTimeout,
  crypto,
  DOMException,
  FormData,
  Headers,
  ReadableStream,
  Request,
  Response,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
};

const ALWAYS_SHOWN = ['cache-control', 'content-type', 'content-length', 'last-modified', 'expires'];
const ALWAYS_SENT = new Set(['accept', 'accept-language']);

/** Runs a module script that exports nothing: the value of its last expression. */
export const runInPage = (script: string, origin: string, globals: object): unknown =>
  runInContext(script, createContext({ ...WEB, ...globals, fetch: browserFetch(origin) }));

function browserFetch(origin: string) {
  return async (input: Request | string, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const asked = [...request.headers.keys()].filter((name) => !ALWAYS_SENT.has(name)).toSorted();
    if (asked.length > 0) await preflight(request, origin, asked);
    request.headers.set('origin', origin);
    return shown(await fetch(request), origin, asked.length > 0);
  };
}

async function preflight({ url, method }: Request, origin: string, asked: readonly string[]): Promise<void> {
  const headers = {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': asked.join(','),
  };
  const answer = await fetch(url, { method: 'OPTIONS', headers });
  const granted = namesIn(answer.headers.get('access-control-allow-headers'));
  const methods = namesIn(answer.headers.get('access-control-allow-methods'));
  const isGranted =
    answer.ok && methods.includes(method.toLowerCase()) && asked.every((name) => granted.includes(name));
  if (!isGranted) throw new TypeError(`Failed to fetch: the preflight of ${method} ${url} was refused`);
}

function shown(answer: Response, origin: string, isOthers: boolean): Response {
  if (!isOthers) return answer;
  if (answer.headers.get('access-control-allow-origin') !== origin) throw new TypeError('Failed to fetch');
  const exposed = new Set([...ALWAYS_SHOWN, ...namesIn(answer.headers.get('access-control-expose-headers'))]);
  const headers = [...answer.headers].filter(([name]) => exposed.has(name));
  return new Response(answer.body, { status: answer.status, headers });
}

const namesIn = (list: string | null): string[] =>
  (list ?? '').split(',').map((name) => name.trim().toLowerCase());
