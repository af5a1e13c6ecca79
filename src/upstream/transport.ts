/**
 * The transport to PostHog: the only fetch of the gateway, and the only holder of the key. One fixed origin, headers
 * from a fixed list, no redirect followed, a deadline on every call. What an answer means is decided elsewhere.
 */
import { failureUntil, type Failure } from '../core/failure.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import { startDeadline, type Deadline } from './deadline.ts';
import { upstreamUrl, type UpstreamRequest } from './request.ts';

export interface PostHogConfig {
  /** Scheme, host and port of PostHog. */
  readonly origin: string;
  /** The personal API key. */
  readonly key: string;
  readonly readTimeoutMs: number;
  readonly slowTimeoutMs: number;
}

/** PostHog's answer with its body still unread. */
export interface UpstreamAnswer {
  readonly status: number;
  /** Media type without parameters, lower case; empty where none was sent. */
  readonly mediaType: string;
  readonly retryAfterSeconds: number | null;
  /** How far PostHog's clock is ahead of this one, to about a second; null where the answer says no time. */
  readonly clockAheadMs: number | null;
  readonly response: Response;
  readonly deadline: Deadline;
  /** Why the body broke off: the deadline, or the connection. */
  readonly failure: () => Failure;
}

/** `left` takes the request back when it aborts. Only for requests that may end half way: queries. */
export type Transport = (request: UpstreamRequest, left?: AbortSignal) => Promise<Result<UpstreamAnswer>>;

const ATTEMPTS_OF_A_READ = 2;
const RETRY_AFTER_SECONDS = 5;
/** A streamed answer may keep the gateway waiting as long as this many waits together, however often bytes come. */
const WAITS_OF_A_STREAM = 6;
const USER_AGENT = 'hedgerow';

/**
 * Makes the transport. `fetcher` is the runtime's fetch and `nowMs` its clock, passed in so that tests choose them.
 * An answer that is read whole, as one is that says it is small, has the time of one wait, from the request to its last byte.
 */
export function openTransport(config: PostHogConfig, fetcher: typeof fetch, nowMs: () => number): Transport {
  const attempt: Transport = async (request, left) => {
    const idleMs = request.delivery === 'idempotent' ? config.readTimeoutMs : config.slowTimeoutMs;
    const deadline = startDeadline({ idleMs, totalMs: idleMs * WAITS_OF_A_STREAM }, nowMs);
    const reason = () => {
      const exceededMs = deadline.exceededMs();
      return exceededMs === null ? unreachable() : timedOut(exceededMs);
    };
    const sentMs = nowMs();
    try {
      const response = await fetcher(upstreamUrl(config.origin, request), {
        method: request.method,
        headers: headersOf(request, config.key),
        redirect: 'manual',
        cache: 'no-store',
        signal: left === undefined ? deadline.signal : AbortSignal.any([deadline.signal, left]),
        ...(request.body === null ? {} : { body: JSON.stringify(request.body) }),
      });
      return ok({
        status: response.status,
        mediaType: mediaTypeOf(response.headers),
        retryAfterSeconds: retryAfterOf(response.headers, nowMs()),
        clockAheadMs: clockAheadOf(response.headers, (sentMs + nowMs()) / 2),
        response,
        deadline,
        failure: reason,
      });
    } catch {
      deadline.clear();
      return err(reason());
    }
  };

  return async (request, left) => {
    const attempts = request.delivery === 'idempotent' ? ATTEMPTS_OF_A_READ : 1;
    let result = await attempt(request, left);
    for (let made = 1; made < attempts && !result.ok; made += 1) result = await attempt(request, left);
    return result;
  };
}

const headersOf = (request: UpstreamRequest, key: string): Record<string, string> => ({
  Authorization: `Bearer ${key}`,
  Accept: 'application/json',
  'User-Agent': USER_AGENT,
  ...(request.body === null ? {} : { 'Content-Type': 'application/json' }),
});

const mediaTypeOf = (headers: Headers): string =>
  (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

const HTTP_DATE = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;

/** Whole seconds or a date (RFC 9110 §10.2.3), held between a second and a day; `null` for anything else. */
function retryAfterOf(headers: Headers, nowMs: number): number | null {
  const text = headers.get('retry-after') ?? '';
  const seconds = HTTP_DATE.test(text)
    ? Math.ceil((Date.parse(text) - nowMs) / 1000)
    : /^[0-9]+$/.test(text)
      ? Number(text)
      : Number.NaN;
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 1), LIMITS.retryAfterSecondsMax);
}

/** `Date` is cut to whole seconds; on average half of one is missing. `meanMs` is the middle of the call. */
function clockAheadOf(headers: Headers, meanMs: number): number | null {
  const text = headers.get('date') ?? '';
  return HTTP_DATE.test(text) ? Math.round(Date.parse(text) + 500 - meanMs) : null;
}

const timedOut = (timeoutMs: number): Failure =>
  failureUntil('upstream_timeout', `PostHog did not answer within ${timeoutMs} ms.`, RETRY_AFTER_SECONDS);

const unreachable = (): Failure =>
  failureUntil(
    'upstream_unreachable',
    'The connection to PostHog failed before it had answered.',
    RETRY_AFTER_SECONDS,
  );
