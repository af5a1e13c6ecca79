/** The mirror plane: the way of a persons call through the gateway. `answerPersons` holds the order of design §6. */
import type { Method, Operation, RawCall } from '../../catalogue/operation.ts';
import { failure } from '../../core/failure.ts';
import { PersonRef, ProjectId } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { constrain } from '../../policy/constrain.ts';
import { decide } from '../../policy/decide.ts';
import { admit, authenticate } from '../admission.ts';
import { readBody } from '../input/body.ts';
import { eraseThroughLog } from './delete.ts';
import type { Context, Reply } from '../context.ts';
import { passOn } from './forward.ts';
import { targetOf } from '../input/path.ts';
import { parseQuery } from '../input/query.ts';

/** Answers one call of one operation. Each step takes what the one before made of it, and nothing weaker. */
export async function answerPersons(
  operation: Operation,
  method: Method,
  ctx: Context,
): Promise<Result<Reply>> {
  const principal = await authenticate(ctx);
  if (!principal.ok) return principal;

  const admitted = await admit(ctx, principal.value, operation.cost);
  if (!admitted.ok) return admitted;

  const sent = await readSent(operation, method, ctx);
  if (!sent.ok) return sent;
  const call = operation.prepare(sent.value);
  if (!call.ok) return call;

  const origin = ctx.request.headers.get('origin');
  const caller = { projectId: principal.value.projectId, origin };
  const { grant } = admitted.value;
  const decision = decide(grant, caller, call.value, ctx.services.config);
  if (decision.verdict === 'deny') return err(decision.failure);
  ctx.response.allowedOrigin = origin;

  const narrowed = constrain(decision.call, grant);
  switch (narrowed.kind) {
    case 'forward':
      return passOn(narrowed, grant, ctx);
    case 'delete':
      return eraseThroughLog(narrowed, admitted.value, ctx);
  }
}

async function readSent(operation: Operation, method: Method, ctx: Context): Promise<Result<RawCall>> {
  const { request, parameters } = ctx;
  const projectId = ProjectId.safeParse(Number(parameters['project_id']));
  if (!projectId.success)
    return err(failure('path_unknown', 'There is no project of that number.', 'project_id'));
  const person = operation.path.includes(':id') ? PersonRef.safeParse(parameters['id']) : null;
  if (person?.success === false) {
    return err(
      failure(
        'parameter_invalid',
        'id must be a person number or UUID. For a distinct id, list with distinct_id.',
        'id',
      ),
    );
  }
  const query = parseQuery(targetOf(request.url).query);
  if (!query.ok) return query;
  // A body on GET means nothing to anybody but PostHog, which lets it override the query (PostHog contract §6.1).
  const body = method === 'GET' ? ok(undefined) : await readBody(request);
  if (!body.ok) return body;
  return ok({
    method,
    projectId: projectId.data,
    person: person?.data ?? null,
    query: query.value,
    body: body.value,
  });
}
