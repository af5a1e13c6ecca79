import {
  adminMintToken,
  adminPutTenant,
  getDeletion,
  personsBulkDelete,
  personsList,
  personsRetrieve,
  whoami,
} from './generated/orval.ts';
import { bearer, FILTER, RECORD, there, type RoundTrip } from './round-trip.ts';

/** This client writes its requests for an address that is the same everywhere; here it is put in front of each. */
const withOrigin = (origin: string) => {
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => fetch(typeof input === 'string' ? new URL(input, origin) : input, init);
  return () => {
    globalThis.fetch = fetch;
  };
};

export const roundTrip: RoundTrip = async (target) => {
  const restore = withOrigin(target.origin);
  try {
    return await calls(target);
  } finally {
    restore();
  }
};

const calls: RoundTrip = async ({ adminToken, tenant }) => {
  const operator = { headers: bearer(adminToken) };
  const registered = await adminPutTenant(tenant, RECORD, operator);
  const minted = await adminMintToken(tenant, { name: 'a backend' }, operator);
  if (registered.status !== 201 || minted.status !== 201) throw new Error('the tenant was not registered');

  const partner = { headers: bearer(minted.data.token) };
  const me = await whoami(partner);
  const properties = FILTER;
  const list = await personsList(1, { limit: 2, properties }, partner);
  if (me.status !== 200 || list.status !== 200) throw new Error('the token was refused');
  const person = await personsRetrieve(1, String(there(list.data.results[0]).id), {}, partner);
  const deleted = await personsBulkDelete(1, { distinct_ids: ['nobody'] }, {}, partner);
  const entry = await getDeletion(there(deleted.headers.get('hedgerow-deletion')), partner);
  if (person.status !== 200 || entry.status !== 200) throw new Error('the record was not found');

  const elsewhere = await personsList(2, {}, partner);
  const anonymous = await whoami();
  if (elsewhere.status === 200 || anonymous.status === 200) throw new Error('nothing was refused');
  return {
    registered: registered.data.tenant,
    scopes: me.data.grant.scopes,
    listed: list.data.results.length,
    distinctIds: person.data.distinct_ids,
    deletion: { status: deleted.status, state: entry.data.state },
    refusals: [elsewhere.data.code, anonymous.data.code],
  };
};
