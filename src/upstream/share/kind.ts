/** Which of PostHog's limits counts a request (PostHog contract §9). */
import type { QuotaKind } from '../../core/shield/upstream-share.ts';
import type { UpstreamRequest } from '../request.ts';

const DELETING: ReadonlySet<string> = new Set(['bulk_delete', 'delete_events', 'delete_recordings']);

export function kindOf(request: UpstreamRequest): QuotaKind {
  if (request.resource !== 'persons') return 'reads';
  const deletes = request.method === 'DELETE' || DELETING.has(request.segments.at(-1) ?? '');
  return deletes ? 'deletes' : 'reads';
}
