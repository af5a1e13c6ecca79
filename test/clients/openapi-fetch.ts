import createClient from 'openapi-fetch';
import type { paths } from './generated/openapi.ts';
import { bearer, FILTER, RECORD, there, type RoundTrip } from './round-trip.ts';

export const roundTrip: RoundTrip = async ({ origin, adminToken, tenant }) => {
  const operator = createClient<paths>({ baseUrl: origin, headers: bearer(adminToken) });
  const registered = await operator.PUT('/admin/v1/tenants/{tenant}', {
    params: { path: { tenant } },
    body: RECORD,
  });
  const minted = await operator.POST('/admin/v1/tenants/{tenant}/tokens', {
    params: { path: { tenant } },
    body: { name: 'a backend' },
  });

  const partner = createClient<paths>({ baseUrl: origin, headers: bearer(there(minted.data).token) });
  const whoami = await partner.GET('/v1/whoami');
  const project = { project_id: 1 };
  const list = await partner.GET('/api/projects/{project_id}/persons/', {
    params: {
      path: project,
      query: { limit: 2, properties: FILTER },
    },
  });
  const row = there(there(list.data).results[0]);
  const person = await partner.GET('/api/projects/{project_id}/persons/{id}/', {
    params: { path: { ...project, id: String(row.id) } },
  });
  const deleted = await partner.POST('/api/projects/{project_id}/persons/bulk_delete/', {
    params: { path: project },
    body: { distinct_ids: ['nobody'] },
  });
  const entry = await partner.GET('/v1/deletions/{id}', {
    params: { path: { id: there(deleted.response.headers.get('hedgerow-deletion')) } },
  });

  const elsewhere = await partner.GET('/api/projects/{project_id}/persons/', {
    params: { path: { project_id: 2 } },
  });
  const anonymous = await createClient<paths>({ baseUrl: origin }).GET('/v1/whoami');
  return {
    registered: there(registered.data).tenant,
    scopes: there(whoami.data).grant.scopes,
    listed: there(list.data).results.length,
    distinctIds: there(person.data).distinct_ids,
    deletion: { status: deleted.response.status, state: there(entry.data).state },
    refusals: [there(elsewhere.error).code, there(anonymous.error).code],
  };
};
