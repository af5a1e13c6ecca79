/** What would become of a described request: the steps of the mirror, up to the one that would ask PostHog. */
import type { Operation, Slicing } from '../../catalogue/operation.ts';
import type { DeletionBudget } from '../../contract/deletion-budget.ts';
import type { ExplainRequest, Explanation } from '../../contract/explain.ts';
import { failure, type Failure } from '../../core/failure.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { checkAccess } from '../../policy/decide.ts';
import { checkPreviewed } from '../../policy/delete-rules.ts';
import type { Grant } from '../../policy/grant.ts';
import { plan } from '../../policy/plan.ts';
import { upstreamPath } from '../../upstream/request.ts';
import { routeCall, type RoutedCall } from '../../upstream/route.ts';
import type { Admitted } from '../admission.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';
import { budgetAskOf } from '../deletion-order.ts';
import { checkPath } from '../input/path.ts';
import { parseQuery } from '../input/query.ts';
import { matchPath, type MatchedPath } from '../mirror/match.ts';
import { parseTarget } from '../mirror/read-call.ts';
import type { TenantId } from '../../core/ids.ts';

/** Whose request it would be: what of an admission decides about it. */
export interface Explained extends Pick<Admitted, 'grant' | 'caller' | 'tenant' | 'registration' | 'chain'> {
  readonly id: TenantId;
}

/** A body that is left out is as one that was not sent. */
type Described = Pick<ExplainRequest, 'method' | 'path' | 'body' | 'origin'>;

export async function explained(
  ctx: Context,
  request: Described,
  asker: Explained,
): Promise<Result<Explanation>> {
  const { origin = asker.caller.origin } = request;
  const whose = { ...asker, caller: { ...asker.caller, origin } };
  const [path = '', query = ''] = request.path.split(/\?(.*)/s, 2);
  const matched = matchRequest(request, path);
  if (!matched.ok) return ok(refusedBy(matched.failure, null));
  const planned = planRequest(request, matched.value, query, whose, ctx);
  const { operation } = matched.value;
  if (!planned.ok) return ok(refusedBy(planned.failure, operation));
  const budget = await judgeBudget(ctx, whose, planned.value);
  if (!budget.ok) return budget;
  const { budgets, refusal } = budget.value;
  const fuse = await judgeFuse(ctx, planned.value);
  if (!fuse.ok) return fuse;
  return ok(
    refusal === null
      ? { ...allowed(planned.value, whose.grant, budgets), fuse: fuse.value }
      : { ...refusedBy(refusal, operation), deletion_budgets: budgets },
  );
}

/** What the deletion log would say of a deletion and of its budgets. The slice is not looked at: every id counts as a person. */
async function judgeBudget(
  ctx: Context,
  whose: Explained,
  { kind, call }: RoutedCall,
): Promise<Result<{ budgets: DeletionBudget[] | null; refusal: Failure | null }>> {
  if (kind !== 'delete') return ok({ budgets: null, refusal: null });
  const persons = new Set(call.deletion.target.ids).size;
  const log = ctx.services.deletionLog(whose.id);
  const left = await callObject(ctx, () => log.budget(budgetAskOf(whose, persons)));
  if (!left.ok) return left;
  const { budgets, refusal } = left.value;
  return ok({ budgets, refusal: checkPreviewed(whose.grant.deletes.preview_over, persons) ?? refusal });
}

/** That the fuse holds deletions now. How much is left of it is not told, because that says how much other tenants delete. */
async function judgeFuse(ctx: Context, { kind }: RoutedCall): Promise<Result<string | null>> {
  const { fuse, fusePersonsPerDay } = ctx.services;
  if (kind !== 'delete' || fusePersonsPerDay === null) return ok(null);
  const status = await callObject(ctx, () => fuse().status(fusePersonsPerDay));
  if (!status.ok) return status;
  return ok(status.value.tripped === null ? null : FUSE_TRIPPED);
}

const FUSE_TRIPPED =
  "The operator's fuse over the deletions of all tenants has tripped. The deletion would be written down and held, and be sent " +
  'once the operator has reset the fuse.';

/** The operation of a described request, found as the router finds it. */
function matchRequest({ method }: Described, path: string): Result<MatchedPath> {
  const odd = checkPath(path);
  if (odd !== null) return err(odd);
  const matches = matchPath(path);
  if (matches.length === 0) return err(failure('path_unknown', 'This is no path of the persons API.'));
  const matched = matches.find(({ operation }) => operation.methods.includes(method));
  return matched === undefined
    ? err(failure('method_unknown', `This path does not take ${method}.`))
    : ok(matched);
}

/** The steps that `answerPersons` takes between admitting a request and asking PostHog, in the same order. */
function planRequest(
  { method, body }: Described,
  { operation, parameters }: MatchedPath,
  query: string,
  { grant, caller }: Pick<Explained, 'grant' | 'caller'>,
  { services: { upstream }, log: { requestId } }: Pick<Context, 'services' | 'log'>,
): Result<RoutedCall> {
  const target = parseTarget(operation, parameters['project_id'] ?? '', parameters['id']);
  if (!target.ok) return target;
  const refusal = checkAccess(grant, caller, operation.scopes, target.value.projectId);
  if (refusal !== null) return err(refusal);
  const parsed = parseQuery(query);
  if (!parsed.ok) return parsed;
  // The call itself does not read a body on GET.
  const read = method === 'GET' ? undefined : body;
  const call = operation.prepare({ method, ...target.value, query: parsed.value, body: read });
  if (!call.ok) return call;
  const planned = plan(grant, caller, call.value, upstream);
  return planned.ok ? routeCall(planned.value, upstream, requestId) : planned;
}

export const refusedBy = ({ code, detail, attr }: Failure, operation: Operation | null): Explanation => ({
  allowed: false,
  operation: operation?.id ?? null,
  reason: { code, detail, attr },
  first: null,
  deletion_budgets: null,
  fuse: null,
  would_send: null,
});

function allowed(
  { call, request }: RoutedCall,
  grant: Grant,
  budgets: readonly DeletionBudget[] | null,
): Explanation {
  return {
    allowed: true,
    operation: call.operation.id,
    reason: null,
    first: grant.slices.length === 0 ? null : FIRST[call.operation.slicing.kind],
    deletion_budgets: budgets,
    fuse: null,
    would_send: {
      method: request.method,
      path: upstreamPath(request),
      query: request.resource === 'query' ? {} : Object.fromEntries(request.query),
      body: request.body,
    },
  };
}

/** What the slice asks for before anything is sent, or of the answer that comes back. */
const FIRST: Readonly<Record<Slicing['kind'], string | null>> = {
  filtered: 'The slice is sent as a filter, and every row that comes back is checked.',
  named: 'The person is read first and must be in the slice; otherwise the answer is 404.',
  answered: 'Persons outside the slice are taken out of the answer.',
  resolved: 'The ids are looked up first; only persons in the slice are sent on, by UUID.',
  logged: "Sent only where the tenant's deletion log shows the distinct id as deleted under this slice.",
  refused: null,
};
