/**
 * The transport to PostHog: the only fetch of the gateway, and the only holder of the key. One fixed origin, headers
 * from a fixed list, no redirect followed, a deadline on every call. What an answer means is decided elsewhere.
 */
import { failureUntil, type Failure } from '../core/failure.ts';
import { err, ok, type Result } from '../core/result.ts';
import { upstreamUrl, type UpstreamRequest } from './request.ts';

export interface PostHogConfig {
  /** Scheme, host and port of PostHog. */
  readonly origin: string;
  /** The personal API key. */
  readonly key: string;
  readonly readTimeoutMs: number;
  readonly slowTimeoutMs: number;
}

/** How long PostHog may keep the gateway waiting. */
export interface Deadline {
  /** Starts the time anew: a body that keeps coming may take longer than its first byte. */
  readonly restart: () => void;
  /** Stops the time: the body is read, or the client is waited for and not PostHog. */
  readonly clear: () => void;
}

/** PostHog's answer with its body still unread. */
export interface UpstreamAnswer {
  readonly status: number;
  /** Media type without parameters, lower case; empty where none was sent. */
  readonly mediaType: string;
  readonly retryAfterSeconds: number | null;
  readonly response: Response;
  readonly deadline: Deadline;
  /** Why the body broke off: the deadline, or the connection. */
  readonly failure: () => Failure;
}

export type Transport = (request: UpstreamRequest) => Promise<Result<UpstreamAnswer>>;

const ATTEMPTS_OF_A_READ = 2;
const RETRY_AFTER_SECONDS = 5;
const USER_AGENT = 'hedgerow';

/** Makes the transport. `fetcher` is the runtime's fetch, passed in so that tests can watch what would be sent. */
export function openTransport(config: PostHogConfig, fetcher: typeof fetch): Transport {
  const attempt = async (request: UpstreamRequest): Promise<Result<UpstreamAnswer>> => {
    const abort = new AbortController();
    const timeoutMs = request.delivery === 'idempotent' ? config.readTimeoutMs : config.slowTimeoutMs;
    const arm = () => setTimeout(() => abort.abort(), timeoutMs);
    let timer = arm();
    const clear = () => clearTimeout(timer);
    const restart = () => {
      clear();
      timer = arm();
    };
    const reason = () => (abort.signal.aborted ? timedOut(timeoutMs) : unreachable());
    try {
      const response = await fetcher(upstreamUrl(config.origin, request), {
        method: request.method,
        headers: headersOf(request, config.key),
        redirect: 'manual',
        cache: 'no-store',
        signal: abort.signal,
        ...(request.body === null ? {} : { body: JSON.stringify(request.body) }),
      });
      return ok({
        status: response.status,
        mediaType: mediaTypeOf(response.headers),
        retryAfterSeconds: retryAfterOf(response.headers),
        response,
        deadline: { restart, clear },
        failure: reason,
      });
    } catch {
      clear();
      return err(reason());
    }
  };

  return async (request) => {
    const attempts = request.delivery === 'idempotent' ? ATTEMPTS_OF_A_READ : 1;
    let result = await attempt(request);
    for (let made = 1; made < attempts && !result.ok; made += 1) result = await attempt(request);
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

/** PostHog sends whole seconds (contract §4). Anything else is not passed on. */
function retryAfterOf(headers: Headers): number | null {
  const text = headers.get('retry-after') ?? '';
  return /^[0-9]{1,6}$/.test(text) ? Number(text) : null;
}

const timedOut = (timeoutMs: number): Failure =>
  failureUntil('upstream_timeout', `PostHog did not answer within ${timeoutMs} ms.`, RETRY_AFTER_SECONDS);

const unreachable = (): Failure =>
  failureUntil(
    'upstream_unreachable',
    'The connection to PostHog failed before it had answered.',
    RETRY_AFTER_SECONDS,
  );
