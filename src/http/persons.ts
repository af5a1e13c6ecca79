/** The mirror plane: the way of a persons call through the gateway. `answerPersons` holds the order of design §6. */
import type { Method, Operation, Sent } from '../catalogue/operation.ts';
import { failure } from '../core/failure.ts';
import { PersonRef, ProjectId } from '../core/ids.ts';
import { no, ok, type Result } from '../core/result.ts';
import { constrain } from '../policy/constrain.ts';
import { decide } from '../policy/decide.ts';
import { admit, authenticate } from './admission.ts';
import { readBody } from './body.ts';
import { eraseThroughLog } from './erase.ts';
import type { Exchange, Reply } from './exchange.ts';
import { passOn } from './forward.ts';
import { targetOf } from './path.ts';
import { parseQuery } from './query.ts';

/** Answers one call of one operation. Each step takes what the one before made of it, and nothing weaker. */
export async function answerPersons(
  operation: Operation,
  method: Method,
  exchange: Exchange,
): Promise<Result<Reply>> {
  const principal = await authenticate(exchange);
  if (!principal.ok) return principal;

  const admitted = await admit(exchange, principal.value, operation.cost);
  if (!admitted.ok) return admitted;

  const sent = await readSent(operation, method, exchange);
  if (!sent.ok) return sent;
  const call = operation.prepare(sent.value);
  if (!call.ok) return call;

  const origin = exchange.request.headers.get('origin');
  const asker = { projectId: principal.value.projectId, origin };
  const { grant } = admitted.value;
  const decision = decide(grant, asker, call.value, exchange.gateway.config);
  if (decision.verdict === 'deny') return no(decision.failure);
  exchange.trace.allowedOrigin = origin;

  const narrowed = constrain(decision.call, grant);
  switch (narrowed.kind) {
    case 'forward':
      return passOn(narrowed, grant, exchange);
    case 'delete':
      return eraseThroughLog(narrowed, admitted.value, exchange);
  }
}

async function readSent(operation: Operation, method: Method, exchange: Exchange): Promise<Result<Sent>> {
  const { request, parameters } = exchange;
  const projectId = ProjectId.safeParse(Number(parameters['project_id']));
  if (!projectId.success)
    return no(failure('path_unknown', 'There is no project of that number.', 'project_id'));
  const person = operation.path.includes(':id') ? PersonRef.safeParse(parameters['id']) : null;
  if (person?.success === false) {
    return no(
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
