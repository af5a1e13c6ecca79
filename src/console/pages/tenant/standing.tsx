/** Suspending, resuming and removing a tenant. */
import { HedgerowError } from '../../../client/hedgerow-error.ts';
import type { Tenant } from '../../../client/names.ts';
import { includesRole } from '../../../core/operators.ts';
import { elsewhere, pathTo, withQuery, type Act, type Show, type Visit } from '../../page.ts';
import { Refused } from '../problem.tsx';
import { Note, Section } from '../../view/parts.tsx';
import { readTenant, tenantFrame } from './frame.tsx';

interface StandingOptions {
  readonly visit: Visit;
  readonly tenant: Tenant;
}

export function StandingForms({ visit, tenant: { suspended } }: StandingOptions) {
  const { role } = visit.operator;
  const here = pathTo('tenants', visit.part('tenant'));
  if (!includesRole(role, 'operator')) return null;
  return (
    <>
      <form method="post" action={`${here}/standing`}>
        <button name="to" value={suspended ? 'resume' : 'suspend'}>
          {suspended ? 'Resume' : 'Suspend'}
        </button>
      </form>
      {role === 'owner' && (
        <a class="button danger" href={`${here}/remove`}>
          Remove…
        </a>
      )}
    </>
  );
}

/** `POST /tenants/:tenant/standing` */
export const suspendOrResume: Act = async ({ gateway, part }, form) => {
  const to = form.text('to') === 'resume' ? 'resume' : 'suspend';
  const path = { tenant: part('tenant') };
  await gateway.POST(`/admin/v1/tenants/{tenant}/${to}`, { params: { path } });
  return elsewhere(
    withQuery(pathTo('tenants', path.tenant), { done: to === 'resume' ? 'resumed' : 'suspended' }),
  );
};

/** `GET /tenants/:tenant/remove`: the question before it. */
export const removeForm: Show = async (visit) => removePage(visit, null);

async function removePage(visit: Visit, error: HedgerowError | null) {
  const { tenant, etag } = await readTenant(visit);
  return tenantFrame({
    visit,
    tenant,
    tab: null,
    title: `Remove ${tenant.name}?`,
    status: error?.status ?? 200,
    body: (
      <Section title="What happens" id="remove">
        {error !== null && <Refused error={error} />}
        <Note tone="warning">
          <p>
            All of its tokens end for good, and no token of this registration ever works again. Its deletion
            log stays and can be read. What was written down to be deleted is carried out.
          </p>
        </Note>
        <form method="post" class="stack">
          <input type="hidden" name="etag" value={etag} />
          <div class="field">
            <label for="name">
              Type <code>{tenant.tenant}</code> to go on
            </label>
            <input id="name" name="name" required autocomplete="off" spellcheck={false} />
          </div>
          <div class="actions">
            <button class="danger">Remove the tenant</button>
            <a class="button" href={pathTo('tenants', tenant.tenant)}>
              Keep it
            </a>
          </div>
        </form>
      </Section>
    ),
  });
}

/** `POST /tenants/:tenant/remove` */
export const remove: Act = async (visit, form) => {
  const tenant = visit.part('tenant');
  if (form.text('name') !== tenant) return removePage(visit, notNamed(tenant));
  try {
    await visit.gateway.DELETE('/admin/v1/tenants/{tenant}', {
      params: { path: { tenant }, header: { 'If-Match': form.text('etag') } },
    });
  } catch (error) {
    if (error instanceof HedgerowError && error.status === 412) return removePage(visit, error);
    throw error;
  }
  return elsewhere('/tenants?removed=true');
};

const notNamed = (tenant: string): HedgerowError =>
  new HedgerowError({
    status: 400,
    code: 'field_invalid',
    detail: `Nothing was removed: the name that was typed is not ${tenant}.`,
    attr: 'name',
    requestId: null,
    retryAfterSeconds: null,
  });
