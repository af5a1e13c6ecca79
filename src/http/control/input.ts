/** Input of the gateway's own planes: a strict body, and no parameters but those a route names. */
import * as z from 'zod';
import { parseArguments } from '../../catalogue/arguments.ts';
import type { Fields } from '../../catalogue/fields/values.ts';
import { ok, type Result } from '../../core/result.ts';
import { readBody } from '../input/body.ts';
import type { Context } from '../context.ts';
import { targetOf } from '../input/path.ts';
import { parseQuery } from '../input/query.ts';

const NOTHING = z.strictObject({});

/** The body by its schema. Unknown members, and any parameter, are refused. */
export async function readControlBody<S extends Fields>(
  { request }: Context,
  schema: S,
): Promise<Result<z.output<S>>> {
  const query = parseQuery(targetOf(request.url).query);
  if (!query.ok) return query;
  const body = await readBody(request);
  if (!body.ok) return body;
  return parseArguments(schema, 'body', { query: query.value, body: body.value });
}

/** For routes that take nothing: an empty body or none, and no parameter. */
export async function refuseInput(ctx: Context): Promise<Result<null>> {
  const nothing = await readControlBody(ctx, NOTHING);
  return nothing.ok ? ok(null) : nothing;
}

/** For routes that read: no parameter. A body on GET is not looked at. */
export function refuseParameters({ request }: Context): Result<null> {
  const query = parseQuery(targetOf(request.url).query);
  if (!query.ok) return query;
  const nothing = parseArguments(NOTHING, 'query', { query: query.value, body: undefined });
  return nothing.ok ? ok(null) : nothing;
}
