/**
 * The one renderer of PostHog's successes. An answer that ends within its first 256 KiB is known to be right before
 * anything is sent; a larger one is sent as it arrives, and breaks off where it turns out wrong.
 */
import { joinBytes } from '../../core/bytes.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ChunkReader } from '../chunks.ts';
import { ByteRenderer } from './untouched/bytes.ts';
import type { RenderOutcome, RenderPlan } from './plan.ts';
import { invalidAnswer, type AnswerSource } from './read.ts';
import { RowRenderer } from './rows.ts';
import { PageCut, PageFlaw } from './window.ts';

export type Rendered =
  /** All of the answer. */
  | { readonly kind: 'whole'; readonly body: Uint8Array; readonly outcome: RenderOutcome }
  /** The answer as it arrives; `outcome` settles when the stream has ended, one way or the other. */
  | {
      readonly kind: 'stream';
      readonly body: ReadableStream<Uint8Array>;
      readonly outcome: Promise<RenderOutcome>;
    };

/** Fails with `upstream_reply_invalid` where the answer is none of PostHog's API, and as `lost` says where it is cut. */
export async function renderAnswer(source: AnswerSource, plan: RenderPlan): Promise<Result<Rendered>> {
  const rendering = new Rendering(source.chunks(), plan);
  const start: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < LIMITS.replyBufferBytes) {
    const step = await rendering.next();
    switch (step.kind) {
      case 'bytes':
        start.push(step.bytes);
        bytes += step.bytes.length;
        break;
      case 'complete':
        return ok({ kind: 'whole', body: joinBytes(start), outcome: rendering.outcome('complete') });
      case 'broken_off':
        return err(step.flaw === null ? source.lost() : invalidAnswer(step.flaw));
      case 'invalid':
        return err(invalidAnswer(step.flaw));
    }
  }
  const { promise: outcome, resolve } = Promise.withResolvers<RenderOutcome>();
  return ok({ kind: 'stream', body: streamOf(start, rendering, resolve), outcome });
}

type Step =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'complete' }
  /** `flaw` is `null` where the connection broke, and not the JSON in an answer that ended in order. */
  | { readonly kind: 'broken_off'; readonly flaw: string | null }
  | { readonly kind: 'invalid'; readonly flaw: string };

class Rendering {
  readonly #chunks: ChunkReader;
  readonly #renderer: ByteRenderer | RowRenderer;
  #ended = false;

  constructor(chunks: ChunkReader, plan: RenderPlan) {
    this.#chunks = chunks;
    this.#renderer =
      plan.kind === 'bytes' ? new ByteRenderer(plan.page, chunks.whole) : new RowRenderer(plan);
  }

  /** The next bytes of the client's answer, or how it ended. Lets go of PostHog where it ended badly. */
  async next(): Promise<Step> {
    while (!this.#ended) {
      let chunk: Uint8Array | null;
      try {
        chunk = await this.#chunks.read();
      } catch {
        this.#ended = true;
        return { kind: 'broken_off', flaw: null };
      }
      this.#ended = chunk === null;
      try {
        const bytes = chunk === null ? this.#renderer.end() : this.#renderer.push(chunk);
        if (bytes.length > 0) return { kind: 'bytes', bytes };
      } catch (error) {
        this.#ended = true;
        await this.cancel();
        if (!(error instanceof PageFlaw)) throw error;
        return { kind: error instanceof PageCut ? 'broken_off' : 'invalid', flaw: error.message };
      }
    }
    return { kind: 'complete' };
  }

  cancel(): Promise<void> {
    return this.#chunks.cancel();
  }

  outcome(ended: RenderOutcome['ended'], flaw: string | null = null): RenderOutcome {
    return { ...this.#renderer.counts, ended, flaw };
  }
}

/** Nothing is read ahead of the client. */
function streamOf(
  start: Uint8Array[],
  rendering: Rendering,
  settle: (outcome: RenderOutcome) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const first = start.shift();
        if (first !== undefined) return controller.enqueue(first);
        const step = await rendering.next();
        switch (step.kind) {
          case 'bytes':
            return controller.enqueue(step.bytes);
          case 'complete':
            settle(rendering.outcome('complete'));
            return controller.close();
          case 'broken_off':
            settle(rendering.outcome('broken_off', step.flaw));
            return controller.error(new Error('PostHog broke off'));
          case 'invalid':
            settle(rendering.outcome('invalid', step.flaw));
            return controller.error(new PageFlaw(step.flaw));
        }
      },
      async cancel() {
        settle(rendering.outcome('client_gone'));
        await rendering.cancel();
      },
    },
    { highWaterMark: 0 },
  );
}
