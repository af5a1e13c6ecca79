/** From a constrained call to what PostHog is asked for it. Pure: no call of the gateway goes another way. */
import { queryRouteOf, type QueryRoute, type RouteFacts } from '../catalogue/route.ts';
import { ok, type Result } from '../core/result.ts';
import type { ConstrainedCall } from '../policy/constrain.ts';
import { queryRequest } from './query/body.ts';
import { documentOf } from './query/document.ts';
import {
  deletionRequest,
  requestOf,
  type DeleteCall,
  type ForwardCall,
  type PersonsRequest,
  type QueryRequest,
} from './request.ts';

/** Stays in this file, so that no request is sent that was not made of its call here. */
const routed = Symbol('routed');

/** A call, and the one request that PostHog is sent for it. */
export type RoutedCall = { readonly [routed]: true } & (
  | { readonly kind: 'delete'; readonly call: DeleteCall; readonly request: PersonsRequest }
  | { readonly kind: 'persons'; readonly call: ForwardCall; readonly request: PersonsRequest }
  | {
      readonly kind: 'query';
      readonly call: ForwardCall;
      readonly request: QueryRequest;
      readonly envelope: QueryRoute['envelope'];
    }
);

/** Fails with a 400 where a query cannot say what the arguments say, and with a 403 where it cannot hold the slice. */
export function routeCall(call: ConstrainedCall, facts: RouteFacts, requestId: string): Result<RoutedCall> {
  if (call.kind === 'delete')
    return ok({ [routed]: true, kind: 'delete', call, request: deletionRequest(call.deletion) });
  const route = queryRouteOf(call.operation.route, facts);
  if (route === null) return ok({ [routed]: true, kind: 'persons', call, request: requestOf(call) });
  const document = documentOf(call);
  if (!document.ok) return document;
  const request = queryRequest(call.projectId, document.value, {
    purpose: call.operation.id,
    requestId,
    // A cached answer may be of the time before a person left the slice.
    refresh: call.conditions.length > 0 ? 'force_blocking' : 'blocking',
  });
  return ok({ [routed]: true, kind: 'query', call, request, envelope: route.envelope });
}
