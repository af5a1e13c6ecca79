/** Input of the gateway's own planes: the parameters and the body that a route names, and nothing else. */
import type * as z from 'zod/mini';
import { parseArguments } from '../../catalogue/arguments.ts';
import type { Fields } from '../../catalogue/fields/values.ts';
import type { ControlRoute } from '../../contract/control-route.ts';
import { LIMITS } from '../../core/limits.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Context } from '../context.ts';
import { readBody } from '../input/body.ts';
import { targetOf } from '../input/path.ts';
import { parseQuery } from '../input/query.ts';

const LARGE_BODY = { bytesMax: LIMITS.jobBodyBytesMax, arrivalMsMax: LIMITS.jobBodyArrivalMsMax };

/** Reads the parameters, then the body. A body on GET is not looked at. */
export async function readInput<Query extends Fields, Body extends Fields>(
  { request }: Context,
  route: ControlRoute<Query, Body>,
): Promise<Result<{ readonly query: z.output<Query>; readonly body: z.output<Body> }>> {
  const parameters = parseQuery(targetOf(request.url).query);
  if (!parameters.ok) return parameters;
  const query = parseArguments(route.query(), 'query', { query: parameters.value, body: undefined });
  if (!query.ok) return query;
  const sent =
    route.method === 'GET'
      ? ok(undefined)
      : await readBody(request, route.largeBody === true ? LARGE_BODY : undefined);
  if (!sent.ok) return sent;
  const body = parseArguments(route.body(), 'body', { query: new Map(), body: sent.value });
  return body.ok ? ok({ query: query.value, body: body.value }) : body;
}
