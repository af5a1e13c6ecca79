import * as z from 'zod';
import type { Generation } from '../../store/settings.ts';
import { problem } from '../../wire/errors.ts';
import { isRecord, text } from '../../wire/python.ts';
import { type ActorsQuery, actorsQuery } from './actors.ts';

/** The body of `POST query/`: the node, and how to run it (PostHog query contract §1). */

const REFRESHES = [
  ...(['blocking', 'force_blocking', 'force_cache'] as const),
  ...(['async', 'lazy_async', 'async_except_on_cache_miss', 'force_async'] as const),
] as const;

const envelope = z.strictObject({
  query: z.unknown(),
  refresh: z.union([z.enum(REFRESHES), z.boolean()]).nullish(),
  async: z.boolean().nullish(),
  client_query_id: z.string().nullish(),
  name: z.string().max(128).nullish(),
  filters_override: z.record(z.string(), z.unknown()).nullish(),
  variables_override: z.record(z.string(), z.unknown()).nullish(),
  limit_context: z.literal('posthog_ai').nullish(),
});

/** An understood request. */
export interface QueryRequest {
  readonly query: ActorsQuery;
  readonly refresh: z.infer<typeof envelope>['refresh'];
  readonly clientQueryId: string | undefined;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let here = root;
  for (const step of path) {
    here = Array.isArray(here) ? here[Number(step)] : isRecord(here) ? here[String(step)] : undefined;
  }
  return here;
}

/** Upstream's validator says what was wrong by repeating what was sent, the filters of the caller included. */
function refusal(error: z.ZodError, root: unknown, model: string) {
  const lines = error.issues.map((issue) => {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const path = [...issue.path, ...names.slice(0, 1)];
    const input = JSON.stringify(valueAt(root, issue.path)) ?? 'missing';
    const what = names.length > 0 ? 'Extra inputs are not permitted' : issue.message;
    return `${path.map(String).join('.')}\n  ${what} [type=${issue.code}, input_value=${input}]`;
  });
  const count = `${String(lines.length)} validation error${lines.length === 1 ? '' : 's'} for ${model}`;
  return problem(400, 'invalid_request', 'parse_error', [count, ...lines].join('\n'));
}

/** Reads a body, or refuses it in the validator's words. */
export function parseQueryRequest(body: unknown, generation: Generation): QueryRequest {
  const outer = envelope.safeParse(body);
  if (!outer.success) throw refusal(outer.error, body, 'QueryRequest');
  const { query, refresh, client_query_id: id } = outer.data;
  const inner = actorsQuery(generation).safeParse(query);
  if (inner.success) return { query: inner.data, refresh, clientQueryId: id ?? undefined };
  const kind = isRecord(query) ? text(query['kind']) : '';
  throw refusal(inner.error, query, kind === '' ? 'Query' : kind);
}
