import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { newRegistrationId, newTokenId, TenantId, type Random, type TokenId } from '../../../src/core/ids.ts';
import type { TenantDocument } from '../../../src/contract/tenant.ts';
import { TenantRecord, type Rate } from '../../../src/policy/grant.ts';
import type { Token } from '../../../src/contract/token.ts';
import type { IssuedToken, Tenant } from '../../../src/objects/tenant/tenant.ts';
import { setTime, testAt } from './clock.ts';

const { TENANT } = env as unknown as { TENANT: DurableObjectNamespace<Tenant> };

export const ACME = TenantId.parse('acme');
export const NOW = Date.parse('2026-11-23T12:00:00.000Z');
export const test = testAt(NOW);
export { setTime };
const HOUR = 3_600_000;
export const MINUTE = 60_000;

export const unregistered = () => TENANT.getByName(crypto.randomUUID());

/** A registered tenant in an object of its own. */
export async function registered(changes: Record<string, unknown> = {}) {
  const tenant = unregistered();
  await put(tenant, record(changes));
  return tenant;
}

/** Registers the tenant or replaces its record. */
export async function put(tenant: DurableObjectStub<Tenant>, document: TenantDocument) {
  const result = await tenant.put(ACME, document);
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

export const record = (changes: Record<string, unknown> = {}): TenantRecord =>
  TenantRecord.parse({ name: 'Acme', project_id: 1, scopes: ['person:read'], ...changes });

const random: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));
export const tokenId = () => newTokenId(random);
export const registrationId = () => newRegistrationId(random);

/** Enters a token under the registration in force, or under one that is not where the tenant has none. */
export const enter = async (
  tenant: DurableObjectStub<Tenant>,
  token: IssuedToken,
  ancestors: readonly TokenId[],
) => tenant.issue(token, ancestors, (await tenant.registration()) ?? registrationId());

/** Issues a token and gives its id; `ancestors` oldest first. */
export async function issue(
  tenant: DurableObjectStub<Tenant>,
  ancestors: readonly TokenId[] = [],
  changes: Partial<IssuedToken> = {},
): Promise<TokenId> {
  const token = issued(ancestors, changes);
  const result = await enter(tenant, token, ancestors);
  if (!result.ok) throw new Error(result.failure.code);
  return token.id;
}

export const issued = (
  ancestors: readonly TokenId[] = [],
  changes: Partial<IssuedToken> = {},
): IssuedToken => ({
  id: tokenId(),
  name: 'backend',
  parent: ancestors.at(-1) ?? null,
  issued_at: new Date(NOW).toISOString(),
  expires_at: new Date(NOW + HOUR).toISOString(),
  not_before: null,
  actor: null,
  minted_by: null,
  kid: 'k1',
  narrowing: {},
  ...changes,
});

export type Link = TokenId | { id: TokenId; rate: Rate };

/** One request with the last of `links`; says how it went in one word. */
export async function admit(tenant: DurableObjectStub<Tenant>, ...links: Link[]): Promise<string> {
  const admission = await tenant.admit({ registration: null, chain: chainOf(links), cost: 1 });
  return admission.verdict === 'admitted' ? 'admitted' : admission.failure.code;
}

export const chainOf = (links: readonly Link[]) =>
  links.map((link) => (typeof link === 'string' ? { id: link } : link));

/** How many of `times` requests, sent one after the other, are admitted. */
export async function admittedOf(
  times: number,
  tenant: DurableObjectStub<Tenant>,
  ...links: Link[]
): Promise<number> {
  let admitted = 0;
  for (let sent = 0; sent < times; sent += 1) {
    if ((await admit(tenant, ...links)) === 'admitted') admitted += 1;
  }
  return admitted;
}

export const iso = (ms: number) => new Date(ms).toISOString();

/** The tenant's whole list of tokens, `limit` at a time. */
export async function allPages(tenant: DurableObjectStub<Tenant>, limit: number) {
  const rows: Token[] = [];
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof tenant.tokens>> = await tenant.tokens({ limit, before });
    rows.push(...page.rows);
    before = page.next;
  } while (before !== null);
  return rows;
}

/** Rows in a table of the object. */
export const count = (
  tenant: DurableObjectStub<Tenant>,
  table: 'tokens' | 'revocations' | 'clocks' | 'noted',
) =>
  runInDurableObject(tenant, (_, { storage }) =>
    Number(storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one()['n']),
  );
