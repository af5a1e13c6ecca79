/**
 * The client of PostHog. Every answer that leaves this file is bounded, free of the key, interpreted and counted; the
 * key itself stays in the transport below it.
 */
import type { Failure } from '../core/failure.ts';
import { LIMITS } from '../core/limits.ts';
import { ok, type Result } from '../core/result.ts';
import { chunksOfAnswer, readText } from './body.ts';
import type { ChunkReader } from './chunks.ts';
import { interpret, interpretStatus, type Interpretation } from './interpret.ts';
import type { Invocation, Pacing } from './pacing.ts';
import { toldTransport, type CallTeller } from './share/told.ts';
import { interpretQuery, type Unsuccessful } from './query/interpret-query.ts';
import type { UpstreamRequest } from './request.ts';
import { scrubsOf, type Scrubs } from './scrub.ts';
import type { Rendering } from './shared/renderings.ts';
import { openTransport, type PostHogConfig, type Transport, type UpstreamAnswer } from './transport.ts';

/** A success of PostHog's whose body is still unread. */
export interface OpenAnswer {
  readonly status: number;
  /** Without parameters, in lower case; empty where PostHog sent none. */
  readonly mediaType: string;
  /** The whole body, without the key. Fails with `upstream_reply_too_large` above `maxBytes`, or as `lost` says. */
  readonly text: (maxBytes: number) => Promise<Result<string>>;
  /** The body as it arrives, without the key. */
  readonly chunks: () => ChunkReader;
  /** Why reading the body failed. */
  readonly lost: () => Failure;
  /** Where others are given the same answer: what was made of it. */
  readonly rendering?: Rendering;
}

/** A success to be read, or what else PostHog's answer means. */
export type Opened =
  | { readonly kind: 'open'; readonly answer: OpenAnswer }
  | Exclude<Interpretation, { kind: 'success' }>;

/** What an answer means, and how far PostHog's clock is ahead; null where PostHog said no time. */
export interface DatedAnswer {
  readonly meaning: Interpretation;
  readonly clockAheadMs: number | null;
}

export interface PostHogClient {
  /** Sends a request and reads the answer whole, up to `maxBytes`. */
  readonly ask: (request: UpstreamRequest, maxBytes?: number) => Promise<Interpretation>;
  /** Sends a request and leaves the body of a success to the caller, who has to read or cancel it. */
  readonly open: (request: UpstreamRequest) => Promise<Opened>;
}

/** A client that also tells the time by PostHog's clock. */
export interface DatedClient extends PostHogClient {
  /** As `ask`, with what the answer says of PostHog's clock. */
  readonly askDated: (request: UpstreamRequest) => Promise<DatedAnswer>;
}

/** Told of every call: PostHog's status, `null` where it never answered, and the milliseconds until its headers. */
export type CallObserver = (status: number | null, ms: number) => void;

/** Makes clients that share one configuration; each tells its own observer, and is made for one request of a client. */
export type ClientFactory = (observe: CallObserver, invocation: Invocation) => DatedClient;

/** `fetcher` is the runtime's fetch and `nowMs` its clock, passed in so that tests choose them. */
export function clientFactory(
  config: PostHogConfig,
  fetcher: typeof fetch,
  nowMs: () => number,
  pace: Pacing,
): ClientFactory {
  const transport = openTransport(config, fetcher, nowMs);
  const scrubs = scrubsOf(config);
  return (observe, invocation) => clientOf(pace(observed(transport, observe, nowMs), invocation), scrubs);
}

/**
 * A client for work that no client waits for: calls of the reserved part, which wait for no share and are told to `tell`.
 * It takes no turns, so it is not for queries.
 */
export const reservedClient = (
  config: PostHogConfig,
  fetcher: typeof fetch,
  nowMs: () => number,
  tell: CallTeller,
): PostHogClient => clientOf(toldTransport(openTransport(config, fetcher, nowMs), tell), scrubsOf(config));

function clientOf(transport: Transport, scrubs: Scrubs): DatedClient {
  const interpretText = ({ status, retryAfterSeconds }: UpstreamAnswer, text: string): Interpretation =>
    interpret({ status, retryAfterSeconds, text }, scrubs);

  const read = async (answer: UpstreamAnswer, maxBytes: number): Promise<Interpretation> => {
    const text = await readText(answer, maxBytes);
    if (text.ok) return interpretText(answer, text.value);
    // A refusal is one without its body too. A success without its body is not known to be one.
    return answer.status >= 300 ? interpretText(answer, '') : failed(answer.status, text.failure);
  };

  const answered = async (request: UpstreamRequest, maxBytes: number): Promise<DatedAnswer> => {
    const sent = await transport(request);
    if (!sent.ok)
      return { meaning: unsuccessful(request, null, failed(null, sent.failure)), clockAheadMs: null };
    const { clockAheadMs } = sent.value;
    const meaning = await read(sent.value, maxBytes);
    if (meaning.kind === 'success') return { meaning, clockAheadMs };
    return { meaning: unsuccessful(request, sent.value, meaning), clockAheadMs };
  };
  const ask: PostHogClient['ask'] = async (request, maxBytes = LIMITS.replyBytesMax) =>
    (await answered(request, maxBytes)).meaning;
  const askDated: DatedClient['askDated'] = (request) => answered(request, LIMITS.replyBytesMax);

  const open: PostHogClient['open'] = async (request) => {
    const sent = await transport(request);
    if (!sent.ok) return unsuccessful(request, null, failed(null, sent.failure));
    const answer = sent.value;
    if (answer.status >= 300 || interpretStatus(answer.status, null) !== null) {
      const meaning = await read(answer, LIMITS.errorBytesMax);
      if (meaning.kind !== 'success') return unsuccessful(request, answer, meaning);
    }
    return { kind: 'open', answer: openAnswer(answer, scrubs) };
  };

  return { ask, askDated, open };
}

/** A refusal or a failure, as this request has it. `answer` is null where PostHog never answered. */
const unsuccessful = (
  { resource }: UpstreamRequest,
  answer: UpstreamAnswer | null,
  meaning: Unsuccessful,
): Unsuccessful =>
  resource === 'query' ? interpretQuery(meaning, answer?.retryAfterSeconds ?? null) : meaning;

const failed = (status: number | null, failure: Failure): Interpretation & { kind: 'failure' } => ({
  kind: 'failure',
  status,
  failure,
});

const openAnswer = (answer: UpstreamAnswer, scrubs: Scrubs): OpenAnswer => ({
  status: answer.status,
  mediaType: answer.mediaType,
  text: async (maxBytes) => {
    const text = await readText(answer, maxBytes);
    return text.ok ? ok(scrubs.key(text.value)) : text;
  },
  chunks: () => scrubs.chunks(chunksOfAnswer(answer)),
  lost: answer.failure,
});

const observed =
  (transport: Transport, observe: CallObserver, nowMs: () => number): Transport =>
  async (request, left) => {
    const sentMs = nowMs();
    const answer = await transport(request, left);
    observe(answer.ok ? answer.value.status : null, nowMs() - sentMs);
    return answer;
  };
