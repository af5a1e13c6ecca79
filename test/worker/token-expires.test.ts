/** What answers and lists say of the life of a token, over real HTTP. */
import { describe, expect, test } from 'vitest';
import { ADA } from '../../src/sandbox/seed/names.ts';
import type { Answer } from '../support/client.ts';
import { ADMIN_TOKEN, SIGNING_KEY } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';
import { PAGE } from '../support/tenants.ts';

const { send, get, tenants } = await startStack();
const HEADER = 'hedgerow-token-expires';
const endIn = ({ headers }: Answer): number => Date.parse(headers[HEADER] ?? '');

describe('Hedgerow-Token-Expires', () => {
  test('Answers of the mirror and of the tenant plane say until when the token can be used', async () => {
    const { tenant } = await tenants.fresh();
    const { token, expires_at } = await tenants.mint(tenant, { expires_in: 600 });
    for (const answer of [
      await get(token, '/api/projects/1/persons?limit=1'),
      await get(token, `/api/projects/1/persons/${ADA.uuid}`),
      await get(token, '/api/projects/1/persons?limit=1&format=csv'),
      await get(token, '/v1/whoami'),
      await get(token, '/v1/deletions'),
      // Refused, but let in.
      await get(token, '/api/projects/2/persons'),
      await get(token, '/v1/deletions?odd=1'),
    ]) {
      expect(endIn(answer), answer.text).toBe(Date.parse(expires_at));
      expect(answer.headers[HEADER]).toMatch(
        /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
      );
    }
  });

  test('A derived token has its own end, never later than that of its parent', async () => {
    const { tenant } = await tenants.fresh();
    const parent = await tenants.mint(tenant, { expires_in: 600 });
    const short = await tenants.derive(parent.token, { expires_in: 60 });
    const long = await tenants.derive(parent.token, { expires_in: 6000 });
    expect(endIn(await get(short.token, '/v1/whoami'))).toBe(Date.parse(short.expires_at));
    expect(endIn(await get(long.token, '/v1/whoami'))).toBe(Date.parse(parent.expires_at));
  });

  test('An answer to a token that was not let in, to an admin token, or to none has no such header', async () => {
    const { tenant, token, id } = await tenants.fresh();
    await send('DELETE', `/admin/v1/tenants/${tenant}/tokens/${id}`, { token: ADMIN_TOKEN });
    for (const answer of [
      await get(token, '/v1/whoami'),
      await get(ADMIN_TOKEN, '/admin/v1/tenants?limit=1'),
      await get('hgr_nonsense', '/v1/whoami'),
      await send('GET', '/healthz'),
      await send('GET', '/v1/whoami'),
    ])
      expect(answer.headers).not.toHaveProperty([HEADER]);
  });

  test('A page of an allowed origin may read the header', async () => {
    const { token } = await tenants.fresh();
    const answer = await get(token, '/v1/whoami', { headers: { origin: PAGE } });
    expect(answer.headers['access-control-expose-headers']).toContain('Hedgerow-Token-Expires');
  });
});

test('The list of tokens has the key that signed each, and when it was last used', async () => {
  const { tenant, token } = await tenants.fresh();
  await tenants.derive(token);
  const { json } = await get(ADMIN_TOKEN, `/admin/v1/tenants/${tenant}/tokens`);
  expect((json as { results: unknown }).results).toMatchObject([
    { kid: SIGNING_KEY.kid, last_used_at: null },
    { kid: SIGNING_KEY.kid, last_used_at: expect.stringMatching(/^\d{4}-.*Z$/) as unknown },
  ]);
});
