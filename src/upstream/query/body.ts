/** Makes the request of a query. */
import type { ProjectId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { QueryRequest, Refresh } from '../request.ts';

export interface QueryEnvelope {
  /** Names the question in PostHog's log of queries: `hedgerow_` and this. */
  readonly purpose: string;
  /** The id of the request at the gateway. */
  readonly requestId: string;
  readonly refresh: Refresh;
}

/** The request that asks PostHog this query. */
export const queryRequest = (
  projectId: ProjectId,
  query: JsonObject,
  { purpose, requestId, refresh }: QueryEnvelope,
): QueryRequest => ({
  resource: 'query',
  method: 'POST',
  projectId,
  body: { query, refresh, client_query_id: requestId, name: `hedgerow_${purpose}` },
  delivery: 'slow',
});
