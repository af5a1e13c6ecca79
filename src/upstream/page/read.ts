/** Runs a reader over an answer that is read to its end before anything is done with it. */
import { failure, type Failure } from '../../core/failure.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ChunkReader } from '../chunks.ts';
import { parseRow, type ParsedRow } from './parsed-row.ts';
import { isJson } from './untouched/validator.ts';
import { nothingMore, readRow, type Reading } from './tokens.ts';
import { ByteWindow, PageFlaw } from './window.ts';

/** An answer of PostHog's that is still unread. */
export interface AnswerSource {
  readonly chunks: () => ChunkReader;
  /** Why reading failed. */
  readonly lost: () => Failure;
}

export const invalidAnswer = (flaw: string): Failure =>
  failure('upstream_reply_invalid', `PostHog answered with JSON that ${flaw}.`);

/** Fails with `upstream_reply_invalid` where `reader` finds a flaw, and as `lost` says where the answer is cut. */
export async function readAnswer(
  source: AnswerSource,
  reader: (window: ByteWindow) => Reading<void>,
): Promise<Result<null>> {
  const chunks = source.chunks();
  const window = new ByteWindow();
  const reading = reader(window);
  try {
    while (!window.ended) {
      const chunk = await chunks.read().catch(() => undefined);
      if (chunk === undefined) return err(source.lost());
      if (chunk === null) window.ended = true;
      else window.append(chunk);
      reading.next();
    }
    return ok(null);
  } catch (error) {
    await chunks.cancel();
    if (error instanceof PageFlaw) return err(invalidAnswer(error.message));
    throw error;
  }
}

/** An answer that is one object; `null` where the object is one that is not looked at. One that is no JSON is a flaw. */
export async function readObject(source: AnswerSource, bytesMax?: number): Promise<Result<ParsedRow | null>> {
  let row: ParsedRow | null = null;
  const read = await readAnswer(source, function* (window) {
    // Copied by parsing: the bytes themselves are gone with the next chunk.
    const written = yield* readRow(window, bytesMax);
    if (written.bytes !== null && !isJson(written.bytes)) throw new PageFlaw('cannot be parsed');
    row = parseRow(written);
    yield* nothingMore(window);
  });
  return read.ok ? ok(row) : read;
}
