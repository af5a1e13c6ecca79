/** Addresses of calls, which lead to the gateway and to the path that is written. */
import { HedgerowError } from './hedgerow-error.ts';

/** Characters that URL parsing drops before it splits a path into segments. */
const UNREAD = /[\t\n\r]/g;
const DOT_SEGMENT = /[/\\](?:\.|%2e){1,2}(?:[/\\]|$)/i;

/**
 * The address of a path. URL parsing takes a segment of dots away, with the segment before it, and percent signs do not keep
 * it from that: a call about the token `..` would be one about its tenant. The gateway refuses such a path and never sees it,
 * so it is refused here. A path without a slash in front could change the host, and the token would go there.
 */
export function addressOf(url: string, path: string): string {
  const [written = ''] = path.replaceAll(UNREAD, '').split(/[?#]/, 1);
  if (path.startsWith('/') && !DOT_SEGMENT.test(written)) return url + path;
  throw new HedgerowError({
    status: 400,
    code: 'path_invalid',
    detail: 'A path begins with a slash, and no part of it, as an id, is one dot or two.',
    attr: null,
    requestId: null,
    retryAfterSeconds: null,
  });
}
