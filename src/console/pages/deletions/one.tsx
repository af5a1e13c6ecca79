/** One deletion: how far it has come, who asked for it, and what can be decided about it. */
import { HedgerowError } from '../../../client/hedgerow-error.ts';
import { LIMITS } from '../../../core/limits.ts';
import { includesRole } from '../../../core/operators.ts';
import { elsewhere, pathTo, type Act, type Page, type Show, type Visit } from '../../page.ts';
import { hasEnded } from '../../words/deletion.ts';
import { Refused } from '../problem.tsx';
import { counted } from '../../view/text.tsx';
import { tenantFrame } from '../tenant/frame.tsx';
import { Decisions, isDecision, needsReason, type Decision } from './decisions.tsx';
import { Facts } from './facts.tsx';
import { firstIds, Ids } from './ids.tsx';
import { tenantIfThere } from './list.tsx';
import { Preview, readPreview } from './preview.tsx';
import { Progress } from './progress.tsx';

/** `GET /tenants/:tenant/deletions/:id` */
export const deletionPage: Show = async (visit) => page(visit, null);

const pathOf = ({ part }: Visit) => ({ tenant: part('tenant'), id: part('id') });

async function page(visit: Visit, error: HedgerowError | null): Promise<Page> {
  const path = pathOf(visit);
  const [tenant, { data }] = await Promise.all([
    tenantIfThere(visit),
    visit.gateway.GET('/admin/v1/tenants/{tenant}/deletions/{id}', { params: { path } }),
  ]);
  const [preview, first] = await Promise.all([
    data.state === 'previewed' ? readPreview(visit, path) : null,
    firstIds(visit, data),
  ]);
  const here = pathTo('tenants', path.tenant, 'deletions', path.id);
  return tenantFrame({
    visit,
    tenant,
    tab: 'deletions',
    address: here,
    title: `Deletion of ${counted(data.asked, data.target === 'distinct_ids' ? 'distinct id' : 'person')}`,
    status: error?.status ?? 200,
    body: (
      <>
        {!hasEnded(data) && <div data-follow={`${here}/events`} hidden></div>}
        {error !== null && <Refused error={error} />}
        <Progress entry={data} nowMs={visit.nowMs} />
        {includesRole(visit.operator.role, 'operator') && <Decisions entry={data} here={here} />}
        <Facts entry={data} nowMs={visit.nowMs} />
        <Preview preview={preview} nowMs={visit.nowMs} />
        <Ids visit={visit} detail={data} first={first} />
      </>
    ),
  });
}

/** `POST /tenants/:tenant/deletions/:id/decide` */
export const decide: Act = async (visit, form) => {
  const path = pathOf(visit);
  const decision = form.text('decision');
  const reason = form.text('reason').trim().slice(0, LIMITS.reasonCharsMax);
  if (!isDecision(decision)) return page(visit, unknownDecision());
  try {
    await send(visit, decision, reason);
  } catch (error) {
    // The deletion has gone on, somebody else has to approve it, or a reason is needed: said on its page.
    if (
      error instanceof HedgerowError &&
      (error.status === 400 || error.status === 403 || error.status === 409)
    )
      return page(visit, error);
    throw error;
  }
  return elsewhere(pathTo('tenants', path.tenant, 'deletions', path.id));
};

async function send(visit: Visit, decision: Decision, reason: string): Promise<void> {
  const params = { path: pathOf(visit) };
  if (needsReason(decision)) {
    await visit.gateway.POST(`/admin/v1/tenants/{tenant}/deletions/{id}/${decision}`, {
      params,
      body: { reason },
    });
    return;
  }
  const body = reason === '' ? {} : { reason };
  await visit.gateway.POST(`/admin/v1/tenants/{tenant}/deletions/{id}/${decision}`, { params, body });
}

const unknownDecision = (): HedgerowError =>
  new HedgerowError({
    status: 400,
    code: 'field_invalid',
    detail: 'There is no such decision.',
    attr: 'decision',
    requestId: null,
    retryAfterSeconds: null,
  });
