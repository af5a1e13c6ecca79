/** `POST /v1/explain`: the way of a described request up to where it would be sent, and why it ends where it ends. */
import { CATALOGUE } from '../../../catalogue/index.ts';
import { deletionMessage } from '../../../catalogue/deletion.ts';
import type { Method, Operation, Slicing } from '../../../catalogue/operation.ts';
import { failure, type Failure } from '../../../core/failure.ts';
import { PersonRef, ProjectId } from '../../../core/ids.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { constrain, type ConstrainedCall } from '../../../policy/constrain.ts';
import { decide } from '../../../policy/decide.ts';
import type { Grant } from '../../../policy/grant.ts';
import { ExplainRequest, type Explanation } from '../../../contract/explain.ts';
import { jsonReply } from '../../context.ts';
import { readControlBody } from '../input.ts';
import { checkPath } from '../../input/path.ts';
import { parseQuery } from '../../input/query.ts';
import { withToken } from './guard.ts';

const PERSONS = /^\/api\/(?:projects|environments)\/([0-9]+)\/persons(?:\/(.*?))?\/?$/;

export const explain = withToken([], async (ctx, { principal, grant }) => {
  const described = await readControlBody(ctx, ExplainRequest);
  if (!described.ok) return described;
  const { method, path: target, body } = described.value;
  const [path = '', query = ''] = target.split(/\?(.*)/s, 2);
  const found = matchOperation(method, path);
  if (!found.ok) return ok(jsonReply(200, refusedBy(found.failure, null)));
  const { operation, projectId, person } = found.value;

  const parameters = parseQuery(query);
  if (!parameters.ok) return ok(jsonReply(200, refusedBy(parameters.failure, operation)));
  const call = operation.prepare({ method, projectId, person, query: parameters.value, body });
  if (!call.ok) return ok(jsonReply(200, refusedBy(call.failure, operation)));
  const caller = { projectId: principal.projectId, origin: ctx.request.headers.get('origin') };
  const decision = decide(grant, caller, call.value, ctx.services.config);
  return ok(
    jsonReply(
      200,
      decision.verdict === 'deny'
        ? refusedBy(decision.failure, operation)
        : allowed(constrain(decision.call, grant), grant),
    ),
  );
});

interface Matched {
  readonly operation: Operation;
  readonly projectId: ProjectId;
  readonly person: PersonRef | null;
}

/** The operation of a path, found as the router finds it: fixed words before ids. */
function matchOperation(method: Method, path: string): Result<Matched> {
  const odd = checkPath(path);
  if (odd !== null) return err(odd);
  const [, project = '', below = ''] = PERSONS.exec(path) ?? [];
  const projectId = ProjectId.safeParse(Number(project));
  if (!projectId.success) return err(failure('path_unknown', 'This is no path of the persons API.'));
  const [id, ...rest] = below.split('/');
  const fixed = CATALOGUE.filter((operation) => operation.path === below);
  const named = CATALOGUE.filter((operation) => operation.path === [':id', ...rest].join('/') && id !== '');
  const candidates = fixed.length > 0 ? fixed : named;
  if (candidates.length === 0) return err(failure('path_unknown', 'This is no path of the persons API.'));
  const operation = candidates.find(({ methods }) => methods.includes(method));
  if (operation === undefined) return err(failure('method_unknown', `This path does not take ${method}.`));
  if (fixed.length > 0) return ok({ operation, projectId: projectId.data, person: null });
  const person = PersonRef.safeParse(id);
  return person.success
    ? ok({ operation, projectId: projectId.data, person: person.data })
    : err(failure('parameter_invalid', 'id must be a person number or UUID.', 'id'));
}

const refusedBy = ({ code, detail, attr }: Failure, operation: Operation | null): Explanation => ({
  allowed: false,
  operation: operation?.id ?? null,
  reason: { code, detail, attr },
  first: null,
  would_send: null,
});

function allowed(call: ConstrainedCall, grant: Grant): Explanation {
  const { method, segments, query, body } = call.kind === 'forward' ? call : deletionMessage(call.deletion);
  const below = segments.map((segment) => `${segment}/`).join('');
  return {
    allowed: true,
    operation: call.operation.id,
    reason: null,
    first: grant.slices.length === 0 ? null : FIRST[call.operation.slicing.kind],
    would_send: {
      method,
      path: `/api/projects/${call.projectId}/persons/${below}`,
      query: Object.fromEntries(query),
      body,
    },
  };
}

/** What the slice asks for before anything is sent, or of what comes back. */
const FIRST: Readonly<Record<Slicing['kind'], string | null>> = {
  filtered: 'The slice is sent as a filter, and every row that comes back is checked.',
  named: 'The person is read first and must be in the slice; otherwise the answer is that there is none.',
  answered: 'Persons outside the slice are taken out of the answer.',
  resolved: 'The ids are looked up first; only persons in the slice are sent on, by UUID.',
  logged: "RawCall only where the tenant's deletion log shows the distinct id as deleted under this slice.",
  refused: null,
};
