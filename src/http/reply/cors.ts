/**
 * Cross-origin requests. A preflight cannot carry a token, so it is answered for every page; the request itself is held
 * to the origins of its grant. No cookies and no credentials mode anywhere.
 */
import {
  BUDGET_HEADER,
  DELETION_HEADER,
  REPEAT_HEADER,
  REPLAYED_HEADER,
} from '../../contract/deletion-headers.ts';
import { TOKEN_EXPIRES_HEADER } from '../../contract/token.ts';
import type { RequestLog, Reply } from '../context.ts';

/** Where a path belongs; `none` is a path that no route has. */
export type Plane = 'mirror' | 'tenant' | 'admin' | 'open' | 'none';

const PREFLIGHT_SECONDS = '600';

/** What the gateway reads, and what is granted to a preflight that asks for nothing, or for what is no list of names. */
const READ_HEADERS = 'authorization, content-type, idempotency-key';
const ASKED_HEADERS_CHARS_MAX = 2048;
const HEADER_NAMES = /^[\t ]*[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[\t ]*,[\t ]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*[\t ]*$/;

/** Headers a page may read besides the few it always may. */
const EXPOSED = [
  'X-Request-Id',
  'Age',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'WWW-Authenticate',
  TOKEN_EXPIRES_HEADER,
  DELETION_HEADER,
  BUDGET_HEADER,
  REPEAT_HEADER,
  REPLAYED_HEADER,
  'Location',
  'Link',
  'ETag',
].join(', ');

/** Is this a browser asking whether it may ask? */
export const isPreflight = (request: Request): boolean =>
  request.method === 'OPTIONS' &&
  request.headers.has('origin') &&
  request.headers.has('access-control-request-method');

/**
 * Grants the headers that are asked for, which tracing and analytics libraries add to: the gateway reads three
 * of a page's headers, whatever else is sent.
 */
export const preflightReply = (headers: Headers, methods: readonly string[]): Reply => ({
  status: 204,
  type: null,
  body: null,
  headers: {
    'Access-Control-Allow-Origin': headers.get('origin') ?? 'null',
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': grantedHeaders(headers.get('access-control-request-headers')),
    'Access-Control-Max-Age': PREFLIGHT_SECONDS,
    Vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  },
});

const grantedHeaders = (asked: string | null): string =>
  asked !== null && asked.length <= ASKED_HEADERS_CHARS_MAX && HEADER_NAMES.test(asked)
    ? asked
    : READ_HEADERS;

/** What is known of a request when its answer is ready. */
export interface Readable {
  readonly plane: Plane;
  /** The page that asks; `null` where no page does. */
  readonly origin: string | null;
  /** The origin that the grant turned out to allow; `null` as long as it is not known to allow any. */
  readonly allowedOrigin: string | null;
  readonly code: RequestLog['code'];
}

/** Lets a page read the answer where `mayRead` says so. What needs no token is for every page. */
export function corsHeaders(readable: Readable): Record<string, string> {
  const { plane, origin } = readable;
  const reader = plane === 'open' ? '*' : origin !== null && mayRead(readable) ? origin : null;
  return reader === null
    ? {}
    : { 'Access-Control-Allow-Origin': reader, 'Access-Control-Expose-Headers': EXPOSED };
}

/**
 * A page reads an answer where its origin is in the grant, and a refusal that came before the grant was known, so that
 * a frontend learns why. The origin is the first that is checked of a grant: a page it lacks reads nothing after that.
 */
function mayRead({ plane, origin, allowedOrigin, code }: Readable): boolean {
  if (plane === 'admin') return false;
  return origin === allowedOrigin || (code !== null && code !== 'origin_not_allowed');
}
