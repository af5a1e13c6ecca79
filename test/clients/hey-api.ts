import { createClient } from './generated/hey-api/client/index.ts';
import {
  adminMintToken,
  adminPutTenant,
  getDeletion,
  personsBulkDelete,
  personsList,
  personsRetrieve,
  whoami,
} from './generated/hey-api/index.ts';
import { bearer, FILTER, RECORD, there, type RoundTrip } from './round-trip.ts';

export const roundTrip: RoundTrip = async ({ origin, adminToken, tenant }) => {
  const operator = createClient({ baseUrl: origin, headers: bearer(adminToken) });
  const registered = await adminPutTenant({ client: operator, path: { tenant }, body: RECORD });
  const minted = await adminMintToken({ client: operator, path: { tenant }, body: { name: 'a backend' } });

  const client = createClient({ baseUrl: origin, headers: bearer(there(minted.data).token) });
  const me = await whoami({ client });
  const project = { project_id: 1 };
  const properties = FILTER;
  const list = await personsList({ client, path: project, query: { limit: 2, properties } });
  const row = there(there(list.data).results[0]);
  const person = await personsRetrieve({ client, path: { ...project, id: String(row.id) } });
  const deleted = await personsBulkDelete({ client, path: project, body: { distinct_ids: ['nobody'] } });
  const id = there(there(deleted.response).headers.get('hedgerow-deletion'));
  const entry = await getDeletion({ client, path: { id } });

  const elsewhere = await personsList({ client, path: { project_id: 2 } });
  const anonymous = await whoami({ client: createClient({ baseUrl: origin }) });
  return {
    registered: there(registered.data).tenant,
    scopes: there(me.data).grant.scopes,
    listed: there(list.data).results.length,
    distinctIds: there(person.data).distinct_ids,
    deletion: { status: there(deleted.response).status, state: there(entry.data).state },
    refusals: [there(elsewhere.error).code, there(anonymous.error).code],
  };
};
