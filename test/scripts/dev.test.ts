/** `npm run dev` works from a fresh clone: it needs no PostHog, and brings secrets of its own. */
import { rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { launchDev, makeFolder, pickPort } from '../support/launcher.ts';
import { SECRETS } from '../support/secrets.ts';

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('The command npm run dev serves the gateway over the sandbox, with the secrets of the environment', async () => {
  const { ADMIN_TOKEN, TOKEN_SIGNING_KEYS } = SECRETS;
  const dev = await launchDev({
    ADMIN_TOKEN,
    TOKEN_SIGNING_KEYS,
    PORT: String(await pickPort()),
    HEDGEROW_FOLDER: folder,
  });
  try {
    const send = clientOf(dev.origin);
    const tenant = { name: 'Acme', project_id: 1, scopes: ['person:read'] };
    const put = await send('PUT', '/admin/v1/tenants/acme', { token: ADMIN_TOKEN, json: tenant });
    expect(put.status).toBe(201);
    const minted = await send('POST', '/admin/v1/tenants/acme/tokens', {
      token: ADMIN_TOKEN,
      json: { name: 'dev' },
    });
    const { token } = minted.json as { token: string };
    const persons = await send('GET', '/api/projects/1/persons/?limit=2', { token });
    expect(persons.json).toMatchObject({ results: [{}, {}] });
  } finally {
    await dev.kill();
  }
});
