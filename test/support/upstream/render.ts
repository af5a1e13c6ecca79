/** Renders answers of PostHog's for tests of the page renderer. */
import { expect } from 'vitest';
import { failure } from '../../../src/core/failure.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { Result } from '../../../src/core/result.ts';
import { chunkOf, chunksOf } from '../../../src/upstream/chunks.ts';
import type { RenderOutcome, RenderPlan, RowsPlan } from '../../../src/upstream/page/plan.ts';
import { renderAnswer, type Rendered } from '../../../src/upstream/page/render.ts';

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const keepAll = (row: JsonObject): JsonObject => row;
export const asItIs = (_name: string, value: Json | undefined): Json | undefined => value;
export const rowsPlan = (some: Partial<RowsPlan> = {}): RenderPlan => ({
  kind: 'rows',
  rows: 'results',
  judge: keepAll,
  member: asItIs,
  counts: new Set(),
  unreadable: 'leave_out',
  table: null,
  ...some,
});
export const inPeople = (some: Partial<RowsPlan> = {}): RenderPlan => rowsPlan({ rows: 'people', ...some });
export const inMap = (some: Partial<RowsPlan> = {}): RenderPlan => rowsPlan({ rows: 'map', ...some });
export const bytesPlan: RenderPlan = {
  kind: 'bytes',
  page: {
    rows: 'results',
    link: (name) => (name === 'next' ? 'N' : name === 'previous' ? null : undefined),
  },
};
export const anyJsonPlan: RenderPlan = { kind: 'bytes', page: null };

/** Keeps acme's rows. */
export const acmeOnly = (row: JsonObject): JsonObject | null => (row['t'] === 'acme' ? row : null);
export const onlyA = (row: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name === 'a'));
export const defective = (): never => {
  throw new RangeError('defect');
};
export const noInitial = (name: string, value: Json | undefined): Json | undefined =>
  name === 'next' ? 'https://gateway/' : name === 'initial' ? undefined : value;

/** What a client of PostHog says of an answer that breaks off. */
export const lost = () => failure('upstream_unreachable', 'PostHog broke off');

/** A stream of these chunks. */
export function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = chunks.values();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = left.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

export const begin = (stream: ReadableStream<Uint8Array>, plan: RenderPlan): Promise<Result<Rendered>> =>
  renderAnswer({ chunks: () => chunksOf(stream), lost }, plan);

/** An answer that is there at once. */
export const beginAtOnce = (bytes: Uint8Array, plan: RenderPlan): Promise<Result<Rendered>> =>
  renderAnswer({ chunks: () => chunkOf(() => Promise.resolve(bytes)), lost }, plan);

export const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.detail}`);
  return result.value;
};

export interface Got {
  readonly text: string;
  readonly error: unknown;
  readonly outcome: RenderOutcome;
}

/** The text of an answer that came at once. */
export async function gotAtOnce(plan: RenderPlan, text: string): Promise<string> {
  const { body } = valueOf(await beginAtOnce(bytesOf(text), plan));
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : (await drained(body)).text;
}

/** All of an answer that came in these chunks. */
export async function got(plan: RenderPlan, ...chunks: readonly (string | Uint8Array)[]): Promise<Got> {
  const pieces = chunks.map((chunk) => (typeof chunk === 'string' ? bytesOf(chunk) : chunk));
  const { body, outcome } = valueOf(await begin(streamOf(pieces), plan));
  const read =
    body instanceof Uint8Array ? { text: new TextDecoder().decode(body), error: null } : await drained(body);
  return { ...read, outcome: await outcome };
}

export async function drained(stream: ReadableStream<Uint8Array>): Promise<{ text: string; error: unknown }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>)
      text += decoder.decode(chunk, { stream: true });
    return { text: text + decoder.decode(), error: null };
  } catch (error) {
    return { text, error };
  }
}

export const whole = (rowsIn: number, rowsOut = rowsIn, rowsUnreadable = 0): RenderOutcome => ({
  rowsIn,
  rowsOut,
  rowsUnreadable,
  ended: 'complete',
  flaw: null,
});

/** So many bytes of rows that the answer has begun before what follows them is read. */
export const LONG_ROWS = Array.from({ length: 40 }, (_, i) =>
  JSON.stringify({ i, pad: 'x'.repeat(LIMITS.replyBufferBytes / 20) }),
).join(',');

/** The answer is refused, whether it comes as a stream or at once. */
export async function expectInvalid(
  plan: RenderPlan,
  page: string | Uint8Array,
  message: RegExp,
): Promise<void> {
  const bytes = typeof page === 'string' ? bytesOf(page) : page;
  const streamed = await begin(streamOf([bytes]), plan);
  expect(streamed).toMatchObject({ ok: false, failure: { code: 'upstream_reply_invalid' } });
  expect(streamed.ok ? '' : streamed.failure.detail).toMatch(message);
  expect(await beginAtOnce(bytes, plan)).toEqual(streamed);
}
