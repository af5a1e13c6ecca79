/** `createHedgerow`: the calls of the gateway with the types of its OpenAPI document. */
import createClient, { defaultPathSerializer, type FetchOptions } from 'openapi-fetch';
import type {
  FilterKeys,
  HttpMethod,
  PathsWithMethod,
  RequiredKeysOf,
  ResponseObjectMap,
  SuccessResponse,
} from 'openapi-typescript-helpers';
import { addressOf } from './address.ts';
import type { paths } from './generated/openapi.ts';
import { REAL_PLATFORM, type Platform } from './platform.ts';
import { senderOf, type RetryBounds } from './sender.ts';
import { fixedToken, renewedToken } from './token-source.ts';

interface CommonOptions extends Partial<RetryBounds> {
  /** Where the gateway is: scheme and host, and a path where it is below one. */
  readonly url: string;
  /** Parts of the place it runs in, instead of its own. */
  readonly platform?: Partial<Platform>;
}

/** A token, or a function that brings one: it is called before the first call, and again shortly before the token ends. */
export type HedgerowOptions = CommonOptions &
  (
    | { readonly token: string; readonly getToken?: never }
    | { readonly getToken: () => Promise<string>; readonly token?: never }
  );

/** What a call may be given. `parseAs` is left out: `fetch` brings an answer unread. */
type CallOptions<Operation> = Omit<FetchOptions<Operation>, 'parseAs' | 'baseUrl' | 'fetch' | 'middleware'>;
type CallArguments<Options> =
  RequiredKeysOf<Options> extends never ? [options?: Options] : [options: Options];

type Operations = Record<string | number, unknown>;
type Data<Operation> = Operation extends Operations ? SuccessResponse<ResponseObjectMap<Operation>> : never;

/** Options are checked as they are written, so that a parameter that does not exist fails to compile. */
type Call<Method extends HttpMethod> = <Path extends PathsWithMethod<paths, Method>>(
  path: Path,
  ...options: CallArguments<CallOptions<FilterKeys<paths[Path], Method>>>
) => Promise<{ readonly data: Data<FilterKeys<paths[Path], Method>>; readonly response: Response }>;

/** Every call resolves with the data of a success, and rejects with a `HedgerowError` for every other answer. */
interface Calls {
  readonly GET: Call<'get'>;
  readonly PUT: Call<'put'>;
  readonly POST: Call<'post'>;
  readonly PATCH: Call<'patch'>;
  readonly DELETE: Call<'delete'>;
}

export interface Hedgerow extends Calls {
  /** A path of the gateway, with everything but the types: for tables and streams. Resolves with a success, unread. */
  readonly fetch: (path: `/${string}`, init?: RequestInit) => Promise<Response>;
  readonly platform: Platform;
}

const DEFAULT_BOUNDS: RetryBounds = { retries: 3, retryWaitSecondsMax: 60 };

/** Makes a client. It keeps no connection and no timer, so it needs no closing. */
export function createHedgerow(options: HedgerowOptions): Hedgerow {
  const platform: Platform = { ...REAL_PLATFORM, ...options.platform };
  const tokens =
    options.token === undefined ? renewedToken(options.getToken, platform) : fixedToken(options.token);
  const send = senderOf(tokens, platform, {
    retries: options.retries ?? DEFAULT_BOUNDS.retries,
    retryWaitSecondsMax: options.retryWaitSecondsMax ?? DEFAULT_BOUNDS.retryWaitSecondsMax,
  });
  const url = options.url.replace(/\/+$/, '');
  const calls: unknown = createClient<paths>({
    baseUrl: url,
    fetch: send,
    pathSerializer: (path, ids) => addressOf(url, defaultPathSerializer(path, ids).slice(url.length)),
  });
  if (!rejectsProblems(calls)) throw new TypeError('openapi-fetch made no client.');
  return {
    GET: calls.GET,
    PUT: calls.PUT,
    POST: calls.POST,
    PATCH: calls.PATCH,
    DELETE: calls.DELETE,
    fetch: async (path, init) => send(new Request(addressOf(url, path), init)),
    platform,
  };
}

/** The half of openapi-fetch's answers that is an error is never there, because `send` throws it. */
const rejectsProblems = (client: unknown): client is Calls =>
  typeof client === 'object' && client !== null && 'GET' in client;
