/** Input of the gateway's own planes: a strict body, and no parameters but those a route names. */
import * as z from 'zod';
import { parseArguments } from '../catalogue/arguments.ts';
import type { Fields } from '../catalogue/fields.ts';
import { ok, type Result } from '../core/result.ts';
import { readBody } from './body.ts';
import type { Exchange } from './exchange.ts';
import { targetOf } from './path.ts';
import { parseQuery } from './query.ts';

const NOTHING = z.strictObject({});

/** The body by its schema. Unknown members, and any parameter, are refused. */
export async function readOwnBody<S extends Fields>(
  { request }: Exchange,
  schema: S,
): Promise<Result<z.output<S>>> {
  const query = parseQuery(targetOf(request.url).query);
  if (!query.ok) return query;
  const body = await readBody(request);
  if (!body.ok) return body;
  return parseArguments(schema, 'body', { query: query.value, body: body.value });
}

/** For routes that take nothing: an empty body or none, and no parameter. */
export async function refuseInput(exchange: Exchange): Promise<Result<null>> {
  const nothing = await readOwnBody(exchange, NOTHING);
  return nothing.ok ? ok(null) : nothing;
}

/** For routes that read: no parameter. A body on GET is not looked at. */
export function refuseParameters({ request }: Exchange): Result<null> {
  const query = parseQuery(targetOf(request.url).query);
  if (!query.ok) return query;
  const nothing = parseArguments(NOTHING, 'query', { query: query.value, body: undefined });
  return nothing.ok ? ok(null) : nothing;
}
