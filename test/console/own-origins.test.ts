/** Web origins that a tenant adds itself, as operators allow and see them in the console. */
import { expect, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { startConsole } from '../support/console.ts';

const { admin, gatewayOrigin, signedIn, tenants } = await startConsole();
const send = clientOf(gatewayOrigin);
const viewer = await signedIn('viewer');

const PATTERN = 'https://acme-*.vercel.app';

test('The page of a tenant says what it may add, what it added, and who changed it', async () => {
  const { tenant, token, id } = await tenants.fresh({
    own_origins: { max: 2, patterns: [PATTERN], localhost: true },
  });
  const before = (await viewer.get(`/tenants/${tenant}`)).text;
  expect(before).toContain(`It may add 2 web origins by itself, and patterns within ${PATTERN} among them.`);
  expect(before).toContain('It may let pages on localhost use its tokens for a while.');
  expect(before).toContain('It has added no web page.');
  const json = { origins: [PATTERN, 'https://beta.acme.example'] };
  expect(await send('PUT', '/v1/origins', { token, json })).toMatchObject({ status: 200 });
  await send('PUT', '/v1/origins/development', { token, json: {} });
  await admin('PATCH', `/admin/v1/tenants/${tenant}`, { own_origins: { max: 1 } });
  const { text } = await viewer.get(`/tenants/${tenant}`);
  expect(text).toMatch(/<th scope="row"><bdi>https:\/\/acme-\*\.vercel\.app<\/bdi> <\/th>/);
  expect(text).toMatch(/https:\/\/beta\.acme\.example<\/bdi> <span[^>]*>not allowed any more/);
  expect(text).toContain('Pages on localhost may use its tokens until');
  expect(text).toContain(id);
  expect(text).toContain('a backend');
});

test('The page of a tenant that may add nothing says nothing of it', async () => {
  const { tenant } = await tenants.fresh();
  const { text } = await viewer.get(`/tenants/${tenant}`);
  expect(text).not.toContain('by itself');
  expect(text).not.toContain('Web pages of its own');
});

test('The form of a record says why a pattern is refused, beside its field', async () => {
  const { tenant } = await tenants.fresh();
  const owner = await signedIn('owner');
  const base = (await admin('GET', `/admin/v1/tenants/${tenant}`)).json as Record<string, unknown>;
  const fields = {
    etag: '"1"',
    base: JSON.stringify(base),
    record: JSON.stringify({ ...base, own_origins: { max: 1, patterns: ['https://*'], localhost: false } }),
  };
  const refused = await owner.post(`/tenants/${tenant}/review`, fields);
  expect(refused.status).toBe(422);
  expect(refused.text).toMatch(/must have its one \* in the first label/);
});
