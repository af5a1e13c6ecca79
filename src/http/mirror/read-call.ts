/** From a request to a call: the path, the query and the body, each read strictly. */
import { parseAccept } from 'hono/utils/accept';
import type { Call, Method, Operation } from '../../catalogue/operation.ts';
import { FORMAT } from '../../catalogue/format.ts';
import { failure } from '../../core/failure.ts';
import { PersonRef, ProjectId } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Context } from '../context.ts';
import { readBody } from '../input/body.ts';
import { noSuchProject, targetOf } from '../input/path.ts';
import { parseQuery } from '../input/query.ts';

/** What the path of a persons call names. */
export interface Target {
  readonly projectId: ProjectId;
  readonly person: PersonRef | null;
}

export const readTarget = ({ parameters }: Context, operation: Operation): Result<Target> =>
  parseTarget(operation, parameters['project_id'] ?? '', parameters['id']);

/** The target of a path, from its raw segments. */
export function parseTarget(operation: Operation, project: string, id: string | undefined): Result<Target> {
  const projectId = ProjectId.safeParse(/^[1-9][0-9]*$/.test(project) ? Number(project) : undefined);
  if (!projectId.success) {
    return err(noSuchProject());
  }
  if (!operation.path.includes(':id')) return ok({ projectId: projectId.data, person: null });
  const person = PersonRef.safeParse(id);
  return person.success
    ? ok({ projectId: projectId.data, person: person.data })
    : err(
        failure(
          'parameter_invalid',
          'id must be a person number or UUID. For a distinct id, list with ?distinct_id=.',
          'id',
        ),
      );
}

/** The call of a request, validated. */
export async function readCall(
  { request }: Context,
  operation: Operation,
  method: Method,
  target: Target,
): Promise<Result<Call>> {
  const query = parseQuery(targetOf(request.url).query);
  if (!query.ok) return query;
  // A body on GET means nothing to anybody but PostHog, which lets it override the query (PostHog contract §6.1).
  const body = method === 'GET' ? ok(undefined) : await readBody(request);
  if (!body.ok) return body;
  const parameters = withAccept(query.value, operation, request.headers.get('accept'));
  return operation.prepare({ method, ...target, query: parameters, body: body.value });
}

/** Whether an `Accept` header likes CSV better than JSON, and no less than anything else (RFC 9110 §12.5.1). */
function prefersCsv(header: string): boolean {
  const weights = new Map(parseAccept(header).map(({ type, q }) => [type.toLowerCase(), q]));
  const weightOf = (type: string) => weights.get(type) ?? 0;
  const csv = weightOf('text/csv');
  return csv > weightOf('application/json') && csv >= weightOf('*/*');
}

/** A header `Accept` that prefers CSV asks for a table, as it does at PostHog, wherever there is one. */
function withAccept(
  query: ReadonlyMap<string, string>,
  { reply }: Operation,
  accept: string | null,
): ReadonlyMap<string, string> {
  return accept !== null && reply.rows !== null && !query.has(FORMAT) && prefersCsv(accept)
    ? new Map([...query, [FORMAT, 'csv']])
    : query;
}
