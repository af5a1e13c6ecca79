/** The way of every request: with a token, again where that is harmless, and a problem is thrown. */
import { errorOf, type HedgerowError } from './hedgerow-error.ts';
import type { Platform } from './platform.ts';
import type { TokenSource } from './token-source.ts';

/** Bounds of asking again. */
export interface RetryBounds {
  /** How often one call is repeated after 429 and 503. */
  readonly retries: number;
  /** A longer `Retry-After` is not waited for: the error is thrown at once. */
  readonly retryWaitSecondsMax: number;
}

/** Resolves with a success, whose body is unread. Rejects with `HedgerowError`, or as `fetch` does. */
export type Sender = (request: Request) => Promise<Response>;

/** What a header can hold. */
const SENDABLE = /^[\x21-\x7e]+$/;
/** Methods that do no harm twice (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Calls that are POST because their question is long, and that change nothing. */
const READS =
  /\/persons\/(?:batch_by_distinct_ids|batch_by_uuids|funnel|funnel\/correlation)\/?$|\/v1\/explain$/;
const KEY_HEADER = 'idempotency-key';
/** A gateway without its configuration: asking again does not help before the operator has mended it. */
const NOT_CONFIGURED = 'not_configured';

export function senderOf(tokens: TokenSource, platform: Platform, bounds: RetryBounds): Sender {
  const attempt = async (
    request: Request,
  ): Promise<{ readonly token: string; readonly response: Response }> => {
    const token = await tokens.current(request.signal);
    // The error of the platform would show the token.
    if (!SENDABLE.test(token.trim())) throw new TypeError('The token is not one word of ASCII characters.');
    // The body of a request is read once; the original stays for another attempt. The gateway never redirects, and a
    // redirect that is followed would take the ids of a deletion elsewhere.
    const sent = new Request(request.clone(), { redirect: 'manual' });
    sent.headers.set('authorization', `Bearer ${token}`);
    return { token, response: await platform.fetch(sent) };
  };

  return async (request) => {
    let isRenewed = false;
    let retries = 0;
    for (;;) {
      const { token, response } = await attempt(request);
      if (response.ok) return response;
      const error = await errorOf(response, platform.nowMs());
      if (error.code === 'token_expired' && !isRenewed && tokens.expired(token)) {
        // Refused before anything was done, so any method may be sent again.
        isRenewed = true;
        continue;
      }
      const seconds = isIdempotent(request) && retries < bounds.retries ? waitSeconds(error, bounds) : null;
      if (seconds === null) throw error;
      retries += 1;
      await platform.pause(seconds * 1000, request.signal);
    }
  };
}

export const isIdempotent = ({ method, url, headers }: Request): boolean =>
  IDEMPOTENT.has(method) ||
  (method === 'POST' && (headers.has(KEY_HEADER) || READS.test(new URL(url).pathname)));

/** Seconds until the call may be sent again; null where it is not worth waiting for. */
function waitSeconds(
  { status, code, retryAfterSeconds }: HedgerowError,
  { retryWaitSecondsMax }: RetryBounds,
): number | null {
  if ((status !== 429 && status !== 503) || code === NOT_CONFIGURED) return null;
  if (retryAfterSeconds === null || retryAfterSeconds > retryWaitSecondsMax) return null;
  return retryAfterSeconds;
}
