/**
 * The one door to PostHog: the only fetch of the gateway, and the only holder of the key. One fixed origin, headers
 * from a fixed list, no redirect followed, a deadline on every call. What an answer means is decided elsewhere.
 */
import { failureUntil, type Failure } from '../core/failure.ts';
import { err, ok, type Result } from '../core/result.ts';
import { upstreamUrl, type UpstreamRequest } from './request.ts';

export interface DoorConfig {
  /** Scheme, host and port of PostHog. */
  readonly origin: string;
  /** The personal API key. */
  readonly key: string;
  readonly readTimeoutMs: number;
  readonly slowTimeoutMs: number;
}

/** PostHog's answer before anybody has looked at it. */
export interface UpstreamAnswer {
  readonly status: number;
  /** Media type without parameters, lower case; empty where none was sent. */
  readonly mediaType: string;
  readonly retryAfterSeconds: number | null;
  readonly response: Response;
  /** Starts the deadline anew: a body that keeps coming may take longer than its first byte. */
  readonly rearm: () => void;
  /** Ends the deadline: the body is read, or PostHog is not the one that is waited for. */
  readonly release: () => void;
  /** Why the body broke off: the deadline, or the connection. */
  readonly brokenOff: () => Failure;
}

export type Door = (request: UpstreamRequest) => Promise<Result<UpstreamAnswer>>;

const ATTEMPTS_OF_A_READ = 2;
const RETRY_AFTER_SECONDS = 5;
const USER_AGENT = 'hedgerow';

/** Opens the door. `fetcher` is the runtime's fetch, passed in so that tests can watch what would be sent. */
export function openDoor(config: DoorConfig, fetcher: typeof fetch): Door {
  const attempt = async (request: UpstreamRequest): Promise<Result<UpstreamAnswer>> => {
    const deadline = new AbortController();
    const timeoutMs = request.delivery === 'idempotent' ? config.readTimeoutMs : config.slowTimeoutMs;
    const arm = () => setTimeout(() => deadline.abort(), timeoutMs);
    let timer = arm();
    const release = () => clearTimeout(timer);
    const rearm = () => {
      release();
      timer = arm();
    };
    const brokenOff = () => (deadline.signal.aborted ? timedOut(timeoutMs) : unreachable());
    try {
      const response = await fetcher(upstreamUrl(config.origin, request), {
        method: request.method,
        headers: headersOf(request, config.key),
        redirect: 'manual',
        cache: 'no-store',
        signal: deadline.signal,
        ...(request.body === null ? {} : { body: JSON.stringify(request.body) }),
      });
      return ok({
        status: response.status,
        mediaType: mediaTypeOf(response.headers),
        retryAfterSeconds: retryAfterOf(response.headers),
        response,
        rearm,
        release,
        brokenOff,
      });
    } catch {
      release();
      return err(brokenOff());
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
