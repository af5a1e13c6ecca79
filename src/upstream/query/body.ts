/** The envelope of a query (query contract §1). Its members are ours alone; PostHog refuses any other. */
import type { ProjectId, RequestId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { QueryRequest } from '../request.ts';

export type QueryBody = {
  readonly query: JsonObject;
  readonly refresh: Refresh;
  /** The id of the request at the gateway: PostHog shows it in its log of queries. */
  readonly client_query_id: string;
  readonly name: string;
};

/** `blocking` may answer from PostHog's cache; `force_blocking` computes anew. Neither answers before the rows are there. */
export type Refresh = 'blocking' | 'force_blocking';

export interface QueryEnvelope {
  /** Names the question in PostHog's log of queries: `hedgerow_` and this. */
  readonly purpose: string;
  readonly requestId: RequestId;
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
