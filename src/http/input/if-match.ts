/** The headers `If-Match` and `If-None-Match` (RFC 9110 §13.1.1, §13.1.2). */
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

/**
 * The same, or `If-None-Match: *`, for a route that makes a record where there is none. Both at once contradict each
 * other, and a list of tags would say nothing that a change needs.
 */
export function readPrecondition(headers: Headers): Result<IfMatch> {
  const noneMatch = headers.get('if-none-match')?.trim();
  if (noneMatch === undefined) return readIfMatch(headers);
  if (noneMatch !== '*')
    return err(failure('parameter_invalid', 'If-None-Match must be * here.', 'If-None-Match'));
  return headers.has('if-match')
    ? err(failure('input_conflict', 'Send If-Match or If-None-Match, not both.', 'If-None-Match'))
    : ok('none');
}
