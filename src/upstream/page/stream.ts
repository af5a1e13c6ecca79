/** Pages as streams: a row goes out as soon as it is checked, and a page that turns out broken never looks whole. */
import { failure, type Failure } from '../../core/failure.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ChunkReader } from '../chunks.ts';
import { PageRewriter, type PageRewrite } from './rewriter.ts';
import { PageFlaw } from './window.ts';

export type { PageRewrite, RowVerdict } from './rewriter.ts';

/** How a page that had begun to go out ended. */
export interface PageOutcome {
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** False where PostHog broke off, the client hung up or the page was flawed. */
  readonly complete: boolean;
  /** Which rule the page broke, in words that hold nothing of the page; `null` where it broke none. */
  readonly flaw: string | null;
}

type Done = (outcome: PageOutcome) => void;

/**
 * Bytes of PostHog's page in, bytes of the client's page out. Errors with a `PageFlaw` where the page is none.
 * `done` is called once, however it ends.
 */
export function rewritePage(rewrite: PageRewrite, done: Done): TransformStream<Uint8Array, Uint8Array> {
  const page = new PageRewriter(rewrite);
  const report = reportOnce(page, done);
  const send = (write: () => Uint8Array, controller: TransformStreamDefaultController<Uint8Array>) => {
    try {
      const bytes = write();
      if (bytes.length > 0) controller.enqueue(bytes);
    } catch (error) {
      report(error);
      throw error;
    }
  };
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => send(() => page.push(chunk), controller),
    flush(controller) {
      send(() => page.end(), controller);
      report(null);
    },
    cancel: (reason) => report(reason ?? new Error('the client hung up')),
  });
}

/**
 * Reads PostHog's page until its first row is judged, or it ends without any. Only then is there something to answer
 * with: the client's page as a stream that begins at its first byte. Everything PostHog sent until then has passed.
 * Fails with `upstream_reply_invalid` where it is no page, and with `lost` where reading fails; `done` is not called
 * then. Otherwise it is called once, however the page ends.
 */
export async function startPage(
  chunks: ChunkReader,
  rewrite: PageRewrite,
  done: Done,
  lost: () => Failure,
): Promise<Result<ReadableStream<Uint8Array>>> {
  const page = new PageRewriter(rewrite);
  const report = reportOnce(page, done);
  const start: Uint8Array[] = [];
  let ended = false;
  const step = async (): Promise<Uint8Array> => {
    const chunk = await chunks.read().catch(() => Promise.reject(new SourceLost('PostHog broke off')));
    ended = chunk === null;
    return chunk === null ? page.end() : page.push(chunk);
  };
  try {
    while (!page.begun) start.push(await step());
  } catch (error) {
    await chunks.cancel();
    if (error instanceof SourceLost) return err(lost());
    if (error instanceof PageFlaw) return err(invalidPage(error));
    throw error;
  }
  const next = async (): Promise<Uint8Array> => start.shift() ?? step();
  return ok(
    new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            for (let wrote = false; !wrote;) {
              const bytes = start.length === 0 && ended ? null : await next();
              if (bytes === null) {
                report(null);
                return controller.close();
              }
              wrote = bytes.length > 0;
              if (wrote) controller.enqueue(bytes);
            }
          } catch (error) {
            report(error);
            await chunks.cancel();
            throw error;
          }
        },
        async cancel() {
          report(new Error('the client hung up'));
          await chunks.cancel();
        },
      },
      // Nothing is read ahead of the client.
      { highWaterMark: 0 },
    ),
  );
}

/** What PostHog's stream itself ended with, replaced by words of ours. */
class SourceLost extends Error {}

/** `null` for a page that went out whole; otherwise what stopped it. */
function reportOnce(page: PageRewriter, done: Done): (stoppedBy: unknown) => void {
  let reported = false;
  return (stoppedBy) => {
    if (reported) return;
    reported = true;
    done({
      rowsIn: page.rowsIn,
      rowsOut: page.rowsOut,
      complete: stoppedBy === null,
      flaw: stoppedBy instanceof PageFlaw ? stoppedBy.message : null,
    });
  };
}

const invalidPage = (flaw: PageFlaw): Failure =>
  failure('upstream_reply_invalid', `PostHog answered with a page that ${flaw.message}.`);
