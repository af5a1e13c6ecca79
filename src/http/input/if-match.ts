/** The header `If-Match` (RFC 9110 §13.1.1). */
import { failure } from '../../core/failure.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { IfMatch } from '../../objects/tenant/etag.ts';

const TAG = /^(?:W\/)?("[\x21\x23-\x7e]*")$/;

/**
 * The tags it lists. A proxy that compresses an answer marks its tag as weak; the tag still names one revision, so it
 * is taken as it is without the mark.
 */
export function readIfMatch(headers: Headers): Result<IfMatch> {
  const text = headers.get('if-match')?.trim();
  if (text === undefined) return ok(null);
  if (text === '*') return ok('any');
  const tags = text.split(',').map((part) => TAG.exec(part.trim())?.[1]);
  const read = tags.filter((tag) => tag !== undefined);
  return read.length === tags.length
    ? ok(read)
    : err(
        failure(
          'parameter_invalid',
          'If-Match must be an ETag as GET answers it, like "7", or *.',
          'If-Match',
        ),
      );
}
