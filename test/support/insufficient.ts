/** Every way of not being allowed to make a call, as data: what is sent, and what it gets. */
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { FailureCode } from '../../src/core/failure.ts';
import { ScopeName, type Scope } from '../../src/core/scopes.ts';
import type { Call } from './calls.ts';
import type { Sending } from './client.ts';
import { crafted, unsigned } from './craft.ts';
import { ADMIN_TOKEN, OLDER_KEY, SIGNING_KEY } from './secrets.ts';
import type { Stack } from './stack.ts';

/** A request that has to be refused. */
export interface Insufficient {
  readonly name: string;
  readonly status: 401 | 403;
  readonly code: FailureCode;
  /** What is sent with a call; `null` where this is no refusal for that operation. */
  readonly with: (call: Call) => (Sending & { readonly query?: string; readonly project?: number }) | null;
}

export const TENANT = 'acme';
const NOWHERE_ELSE = 'https://evil.example';

const bearer = (value: string | readonly string[]): Sending => ({ headers: { authorization: value } });

const always =
  (sending: Sending): Insufficient['with'] =>
  () =>
    sending;

/** Nothing in the one place that is read, and the token in all the places that are not. */
function withoutHeader(token: string): Insufficient[] {
  const none = { status: 401, code: 'token_missing' } as const;
  const inHeaders = (headers: Record<string, string>) => always({ headers });
  return [
    { ...none, name: 'no token', with: always({}) },
    { ...none, name: 'the token in the query', with: () => ({ query: `token=${token}` }) },
    { ...none, name: 'the token as ?access_token', with: () => ({ query: `access_token=${token}` }) },
    { ...none, name: 'the token as ?personal_api_key', with: () => ({ query: `personal_api_key=${token}` }) },
    { ...none, name: 'the token in the body', with: always({ json: { personal_api_key: token, token } }) },
    {
      ...none,
      name: 'the token in a cookie',
      with: inHeaders({ cookie: `token=${token}; authorization=${token}` }),
    },
    {
      ...none,
      name: 'the token in Proxy-Authorization',
      with: inHeaders({ 'proxy-authorization': `Bearer ${token}` }),
    },
    {
      ...none,
      name: 'the token in X-Authorization',
      with: inHeaders({ 'x-authorization': `Bearer ${token}` }),
    },
  ];
}

/** One header, and something else in it than one bearer token of this gateway. */
function misshapen(token: string): Insufficient[] {
  const bare = token.slice('hgr_'.length);
  const shapes: [string, string | readonly string[]][] = [
    ['Basic credentials', `Basic ${btoa(`${token}:`)}`],
    ['the token under another scheme', `Token ${token}`],
    ['the token without a scheme', token],
    ['two Authorization headers', [`Bearer ${token}`, `Bearer ${token}`]],
    ['two tokens in one header', `Bearer ${token}, Bearer ${token}`],
    ['two tokens with a space between', `Bearer ${token} ${token}`],
    ['an empty credential', 'Bearer '],
    ['no hgr_ in front', `Bearer ${bare}`],
    ['HGR_ in front', `Bearer HGR_${bare}`],
    ['hgr_ and nothing', 'Bearer hgr_'],
    ['a key of PostHog', 'Bearer phx_0123456789abcdef'],
    ['the admin token', `Bearer ${ADMIN_TOKEN}`],
    ['garbage', 'Bearer hgr_????????'],
    ['three dots', 'Bearer hgr_..'],
    ['five parts', `Bearer hgr_${bare}.AAAA.AAAA`],
    ['a token cut off in its claims', `Bearer ${token.slice(0, 60)}`],
    ['a token of 5,000 characters', `Bearer hgr_${'A'.repeat(5000)}`],
  ];
  return shapes.map(([name, value]) => ({
    name,
    status: 401,
    code: 'token_malformed',
    with: always(bearer(value)),
  }));
}

/** Signed by somebody else, for somebody else, or not at all. */
async function foreign(token: string): Promise<Insufficient[]> {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const another = signature.startsWith('A') ? 'B' : 'A';
  const shapes: [string, string][] = [
    ['another key', await crafted(TENANT, { key: 'somebody-elses-key-of-32-bytes-or-more' })],
    ['our key under the kid of another', await crafted(TENANT, { kid: OLDER_KEY.kid })],
    ['our key with HS512', await crafted(TENANT, { alg: 'HS512', key: SIGNING_KEY.text.repeat(2) })],
    ['alg none', unsigned(TENANT)],
    ['another issuer', await crafted(TENANT, { claims: { iss: 'hedgerow-staging' } })],
    ['another audience', await crafted(TENANT, { claims: { aud: 'hedgerow-staging' } })],
    ['another type of token', await crafted(TENANT, { typ: 'JWT' })],
    ['the signature cut off', `${header}.${claims}.`],
    ['the signature shortened', `${header}.${claims}.${signature.slice(0, -4)}`],
    ['the signature changed', `${header}.${claims}.${another}${signature.slice(1)}`],
  ];
  return shapes.map(([name, forged]) => ({
    name,
    status: 401,
    code: 'token_signature_invalid',
    with: always({ token: forged }),
  }));
}

/** Issued by the gateway, and over, or not begun. */
async function ended({ tenants, admin, send }: Stack): Promise<Insufficient[]> {
  const hour = 3_600_000;
  const seconds = Math.floor(Date.now() / 1000);
  const revoked = await tenants.mint(TENANT);
  const parent = await tenants.mint(TENANT);
  const child = await tenants.derive(parent.token);
  const grandchild = await tenants.derive(child.token);
  const orphan = await tenants.derive((await tenants.derive((await tenants.mint(TENANT)).token)).token);
  const later = new Date(Date.now() + hour).toISOString();
  const early = await tenants.mint(TENANT, { not_before: later, expires_in: 7200 });
  await admin('DELETE', `/${TENANT}/tokens/${revoked.id}`);
  await admin('DELETE', `/${TENANT}/tokens/${parent.id}`);
  await send('POST', '/v1/tokens/self-revoke', { token: orphan.token });

  await tenants.put('asleep');
  const sleeping = await tenants.mint('asleep');
  await tenants.put('asleep', { suspended: true });
  await tenants.put('gone');
  const homeless = await tenants.mint('gone');
  await admin('DELETE', '/gone');
  await tenants.put('back');
  const former = await tenants.mint('back');
  await admin('DELETE', '/back');
  await tenants.put('back');

  const expired = await crafted(TENANT, { claims: { iat: seconds - 7200, exp: seconds - 3600 } });
  const unknown = await crafted('never-registered');
  const earlier = await crafted(TENANT, { claims: { reg: `reg_${'A'.repeat(22)}` } });
  const retired = await crafted(TENANT, { kid: 'k9' });
  const rows: [string, string, FailureCode][] = [
    ['an expired token', expired, 'token_expired'],
    ['a token that is not valid yet', early.token, 'token_not_yet_valid'],
    ['a revoked token', revoked.token, 'token_revoked'],
    ['a token that revoked itself', orphan.token, 'token_revoked'],
    ['a token whose parent is revoked', child.token, 'token_parent_revoked'],
    ['a token whose grandparent is revoked', grandchild.token, 'token_parent_revoked'],
    ['a token of a tenant that is removed', homeless.token, 'tenant_unknown'],
    ['a token of a tenant that never was', unknown, 'tenant_unknown'],
    ['an old token of a tenant that is back', former.token, 'token_revoked'],
    ['a token of an earlier registration', earlier, 'tenant_unknown'],
    ['a token signed with a key that is not in the ring', retired, 'token_key_retired'],
    ['a token of a suspended tenant', sleeping.token, 'tenant_suspended'],
  ];
  return rows.map(([name, token, code]) => ({
    name,
    status: code === 'tenant_suspended' ? 403 : 401,
    code,
    with: always({ token }),
  }));
}

/** Good tokens that are not good for this. */
async function narrow({ tenants }: Stack, token: string): Promise<Insufficient[]> {
  const without = new Map<Scope, string>();
  for (const scope of ScopeName.options) {
    const scopes = ScopeName.options.filter((other) => other !== scope);
    without.set(scope, (await tenants.mint(TENANT, { scopes })).token);
  }
  const needed = ScopeName.options.filter((scope) => CATALOGUE.some(({ scopes }) => scopes.includes(scope)));
  const missing = needed.map((scope): Insufficient => ({
    name: `a token without ${scope}`,
    status: 403,
    code: 'scope_missing',
    with: ({ operation }) => (operation.scopes.includes(scope) ? { token: without.get(scope)! } : null),
  }));

  await tenants.put('elsewhere', { project_id: 2 });
  const elsewhere = await tenants.mint('elsewhere');
  await tenants.put('moved');
  const left = await tenants.mint('moved');
  await tenants.put('moved', { project_id: 2 });
  await tenants.put('narrowed');
  const outgrown = await tenants.mint('narrowed');
  await tenants.put('narrowed', { scopes: ['cohort:read'] });
  const homely = await tenants.mint(TENANT, { origins: [] });
  const from = (origin: string, used = token): Sending => ({ token: used, headers: { origin } });
  const project = { status: 403, code: 'project_not_granted' } as const;
  const origin = { status: 403, code: 'origin_not_allowed' } as const;
  return [
    ...missing,
    {
      name: 'a token whose tenant lost the scope since',
      status: 403,
      code: 'scope_missing',
      with: always({ token: outgrown.token }),
    },
    { ...project, name: 'a token for another project', with: always({ token: elsewhere.token }) },
    { ...project, name: 'a token, asking for another project', with: () => ({ token, project: 2 }) },
    {
      ...project,
      name: 'a token whose tenant moved to another project',
      with: always({ token: left.token }),
    },
    {
      ...project,
      name: 'the same, asking for the new project',
      with: () => ({ token: left.token, project: 2 }),
    },
    { ...origin, name: 'a page of another origin', with: always(from(NOWHERE_ELSE)) },
    {
      ...origin,
      name: 'a page of the origin with another scheme',
      with: always(from('http://app.acme.example')),
    },
    {
      ...origin,
      name: 'a page of the origin with another port',
      with: always(from('https://app.acme.example:8443')),
    },
    {
      ...origin,
      name: 'a page of a longer origin',
      with: always(from('https://app.acme.example.evil.example')),
    },
    { ...origin, name: 'a page without an origin of its own', with: always(from('null')) },
    {
      ...origin,
      name: 'a page, with a token for no page',
      with: always(from('https://app.acme.example', homely.token)),
    },
  ];
}

/** All of them. `token` is a good one. */
export async function insufficient(stack: Stack, token: string): Promise<Insufficient[]> {
  return [
    ...withoutHeader(token),
    ...misshapen(token),
    ...(await foreign(token)),
    ...(await ended(stack)),
    ...(await narrow(stack, token)),
  ];
}
