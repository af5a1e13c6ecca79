/** What stands behind the door in tests: a fetcher that notes what it is asked, and bodies that come in pieces. */
import { vi } from 'vitest';
import { ProjectId } from '../../../src/core/ids.ts';
import { openTransport, type UpstreamAnswer } from '../../../src/upstream/transport.ts';
import type { PersonsRequest } from '../../../src/upstream/request.ts';

export const KEY = 'phx_the-key-nobody-sees';
export const CONFIG = {
  origin: 'https://posthog.example',
  key: KEY,
  readTimeoutMs: 60_000,
  slowTimeoutMs: 120_000,
};
/** Gives up soon: for what never comes. */
export const HASTY = { ...CONFIG, readTimeoutMs: 20, slowTimeoutMs: 40 };

export const requestTo = (changes: Partial<PersonsRequest> = {}): PersonsRequest => ({
  resource: 'persons',
  method: 'GET',
  projectId: ProjectId.parse(7),
  segments: [],
  query: [],
  body: null,
  delivery: 'idempotent',
  ...changes,
});

type Fetcher = typeof fetch;
type Init = NonNullable<Parameters<Fetcher>[1]>;

/** A fetcher that answers from a list, the last of it again and again, and notes the calls. */
export function fetcherOf(...answers: ((init: Init) => Promise<Response>)[]) {
  const calls: { readonly url: string; readonly init: Init }[] = [];
  const fetcher = vi.fn((input: unknown, init: Init = {}) => {
    const answer = answers[Math.min(calls.length, answers.length - 1)];
    calls.push({ url: String(input), init });
    if (answer === undefined) throw new Error('this fetcher has no answer');
    return answer(init);
  });
  return { calls, fetcher: fetcher as unknown as Fetcher };
}

export const answers =
  (body: BodyInit | null = '{}', init: ResponseInit = {}) =>
  (): Promise<Response> =>
    Promise.resolve(new Response(body, init));

export const breaks = (): Promise<Response> => Promise.reject(new TypeError('Network connection lost.'));

/** Says nothing until the caller gives up. */
export const silent = ({ signal }: Init): Promise<Response> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A body of these pieces, which then ends, breaks, or stays open until the caller gives up. */
export function piecewise(
  pieces: readonly (string | Uint8Array)[],
  end: 'ends' | 'breaks' | 'stays' = 'ends',
) {
  const cancelled = vi.fn();
  const answer = ({ signal }: Init): Promise<Response> => {
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        signal?.addEventListener('abort', () => {
          controller.error(new DOMException('aborted', 'AbortError'));
        });
      },
      pull(controller) {
        const piece = pieces[at];
        at += 1;
        if (piece !== undefined) controller.enqueue(typeof piece === 'string' ? bytesOf(piece) : piece);
        else if (end === 'ends') controller.close();
        else if (end === 'breaks') controller.error(new TypeError('Network connection lost.'));
        const more = piece !== undefined || end !== 'stays';
        return more ? undefined : new Promise<void>(() => undefined);
      },
      cancel: cancelled,
    });
    return Promise.resolve(new Response(body));
  };
  return { answer, cancelled };
}

/** The answer of a door to one request. @throws if there was none. */
export async function answerOf(
  given: (init: Init) => Promise<Response>,
  config = CONFIG,
): Promise<UpstreamAnswer> {
  const answer = await openTransport(config, fetcherOf(given).fetcher, Date.now)(requestTo());
  if (!answer.ok) throw new Error(answer.failure.code);
  return answer.value;
}
