/** The page of a tenant: the requests that were refused last, each with its code and its reason. */
import { expect, test } from 'vitest';
import { clientOf, until } from '../support/client.ts';
import { startConsole } from '../support/console.ts';

const { admin, signedIn, gatewayOrigin } = await startConsole();
const ask = clientOf(gatewayOrigin);

async function tokenOf(tenant: string, name: string): Promise<string> {
  await admin('PUT', `/admin/v1/tenants/${tenant}`, { name: tenant, project_id: 1, scopes: ['person:read'] });
  const minted = await admin('POST', `/admin/v1/tenants/${tenant}/tokens`, { name });
  return (minted.json as { token: string }).token;
}

/** The rows of the table, without markup. */
function rowsOf(page: string): string[] {
  const [, part = ''] = /<section [^>]*id="last-refused"[^>]*>(.*?)<\/section>/s.exec(page) ?? [];
  return [...part.matchAll(/<tr>(?!<th scope="col")(.*?)<\/tr>/gs)].map(([, row = '']) =>
    row.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' '),
  );
}

const eventually = async (tenant: string, count: number): Promise<string[]> => {
  const viewer = await signedIn('viewer');
  return until(`${count} requests are shown`, async () => {
    const rows = rowsOf((await viewer.get(`/tenants/${tenant}`)).text);
    return rows.length === count ? rows : undefined;
  });
};

test('A request that was refused is shown with its code, its reason, its id and its token, newest first', async () => {
  const token = await tokenOf('refused', 'backend <b>');
  const scope = await ask('GET', '/api/projects/1/persons/cohorts/?person_id=1', { token });
  const limit = await ask('GET', '/api/projects/1/persons/?limit=secret-value', { token });
  const [last = '', first = ''] = await eventually('refused', 2);
  expect(last).toMatch(/A parameter does not fit parameter_invalid at limit GET persons_list req_/);
  expect(last).toContain(limit.headers['x-request-id'] ?? 'no id');
  expect(last).toContain('backend &lt;b&gt;');
  expect(last).not.toContain('secret-value');
  expect(first).toContain('The token lacks a scope scope_missing lacks cohort:read');
  expect(first).toContain(scope.headers['x-request-id'] ?? 'no id');
});

test('A tenant to which nothing was refused is said to be so', async () => {
  await tokenOf('content', 'backend');
  const { text } = await (await signedIn('viewer')).get('/tenants/content');
  expect(text).toContain('No request was refused.');
});

test('More than ten are there behind a click', async () => {
  const token = await tokenOf('often', 'backend');
  for (let sent = 0; sent < 12; sent += 1) await ask('GET', '/api/projects/1/persons/?limit=x', { token });
  await eventually('often', 12);
  const { text } = await (await signedIn('viewer')).get('/tenants/often');
  expect(text).toContain('<summary>2 more</summary>');
});
