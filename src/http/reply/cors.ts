/**
 * Cross-origin requests. A preflight cannot carry a token, so it is answered for everybody; the request itself is held
 * to the origins of its grant. No cookies and no credentials mode anywhere.
 */
import { CATALOGUE } from '../../catalogue/index.ts';
import type { LogCode, Reply } from '../context.ts';

const PREFLIGHT_SECONDS = '600';
const REQUEST_HEADERS = 'Authorization, Content-Type';
const METHODS = [...new Set(CATALOGUE.flatMap((operation) => operation.methods))].join(', ');

/** Headers a page may read besides the few it always may. */
const EXPOSED = [
  'X-Request-Id',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'WWW-Authenticate',
  'Hedgerow-Deletion',
  'Location',
  'Link',
].join(', ');

/** Is this a browser asking whether it may ask? */
export const isPreflight = (request: Request): boolean =>
  request.method === 'OPTIONS' &&
  request.headers.has('origin') &&
  request.headers.has('access-control-request-method');

export const preflightReply = (origin: string): Reply => ({
  status: 204,
  type: null,
  body: null,
  headers: {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': METHODS,
    'Access-Control-Allow-Headers': REQUEST_HEADERS,
    'Access-Control-Max-Age': PREFLIGHT_SECONDS,
    Vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  },
});

/**
 * Lets a page read the answer: where its origin is in the grant, and where a refusal came before the grant was known,
 * so that a frontend learns why. Refusals of an origin stay unreadable to it.
 */
export function corsHeaders(
  origin: string | null,
  allowed: string | null,
  code: LogCode | null,
): Record<string, string> {
  const readable =
    origin !== null && (origin === allowed || (code !== null && code !== 'origin_not_allowed'));
  return readable ? { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED } : {};
}
