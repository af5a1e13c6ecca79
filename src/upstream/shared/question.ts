/** The text that stands for a read: the same for grants that see the same, and for no others. */
import { upstreamPath, type UpstreamRequest } from '../request.ts';

/**
 * `shownBy` is all of a grant that decides what its answers show. The id that PostHog logs a query by is no part of the
 * question.
 */
export function questionOf(request: UpstreamRequest, shownBy: string): string {
  const asked =
    request.resource === 'query' ? [request.body.query, request.body.refresh] : [request.query, request.body];
  return JSON.stringify([shownBy, request.method, upstreamPath(request), ...asked]);
}
