/** The programs of `examples/`, run as their first lines say, against the gateway over HTTP. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildClient } from '../../scripts/build-client.ts';
import { REPOSITORY } from '../../scripts/worker.ts';
import { ADA, BEN, PERSONS_IN_PROJECT } from '../../src/sandbox/seed/names.ts';
import { pickPort } from '../support/launcher.ts';
import { runExample, serveExample } from '../support/example.ts';
import { startStack } from '../support/stack.ts';

const { origin, sandbox, tenants, send } = await startStack({
  bindings: { DELETION_LOOK_SECONDS: '1' },
});
const folder = mkdtempSync(join(tmpdir(), 'hedgerow-example-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => buildClient());

let environment: NodeJS.ProcessEnv = {};
let token = '';
let tenant = '';
beforeEach(async () => {
  await sandbox.reset();
  ({ token, tenant } = await tenants.fresh());
  environment = { HEDGEROW_URL: origin, HEDGEROW_TOKEN: token };
});
const BEN_ID = BEN.distinctIds[0] ?? '';
const isThere = async (uuid: string): Promise<boolean> =>
  (await send('GET', `/api/projects/1/persons/${uuid}/`, { token })).status === 200;

describe('The example for Node', () => {
  const SCRIPT = 'examples/node/persons.ts';

  test('The example for Node counts all persons, writes a table of them and deletes nobody', async () => {
    const table = join(folder, 'persons.csv');
    const { status, printed } = await runExample(process.execPath, [SCRIPT, '--table', table], environment);
    expect(status).toBe(0);
    expect(printed).toContain(`${PERSONS_IN_PROJECT[1]} persons`);
    expect(readFileSync(table, 'utf8')).toContain(ADA.uuid);
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test('The example for Node erases the person it is told to, once, however often it is run', async () => {
    const args = [SCRIPT, '--table', join(folder, 'again.csv'), '--erase', BEN_ID];
    const first = await runExample(process.execPath, args, environment);
    expect(first.printed + first.errors).toContain('The deletion ended: done');
    const second = await runExample(process.execPath, args, environment);
    expect(second.printed).toContain('The deletion ended: done');
    expect(await tenants.log(tenant)).toHaveLength(1);
    expect(await isThere(BEN.uuid)).toBe(false);
  });

  test('The example for Node says what was refused and which request that was', async () => {
    const narrow = await tenants.derive(token, { scopes: ['person:write'] });
    const args = [SCRIPT, '--table', join(folder, 'none.csv')];
    const { status, errors } = await runExample(process.execPath, args, {
      ...environment,
      HEDGEROW_TOKEN: narrow.token,
    });
    expect(status).toBe(1);
    expect(errors).toMatch(/^scope_missing: .* Request req_/);
  });
});

describe('The example for curl', () => {
  test('The example for curl reads, and deletes nobody', async () => {
    const { status, printed } = await runExample('sh', ['examples/curl.sh'], environment);
    expect(status, printed).toBe(0);
    expect(printed).toContain('"allowed":true');
    expect(printed).toContain('"results":[');
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test('The example for curl deletes the person it is given, once, however often it is run', async () => {
    for (const _ of [1, 2]) {
      const { status, printed } = await runExample('sh', ['examples/curl.sh', BEN_ID], environment);
      expect(status, printed).toBe(0);
    }
    expect(await tenants.log(tenant)).toHaveLength(1);
    expect(await isThere(BEN.uuid)).toBe(false);
  });

  test('The example for curl ends with a failure where the gateway refuses, and shows why', async () => {
    const { status, printed } = await runExample('sh', ['examples/curl.sh'], {
      ...environment,
      HEDGEROW_TOKEN: 'hgr_x',
    });
    expect(status).not.toBe(0);
    expect(printed).toContain('token_malformed');
  });
});

test('The commands for an unchanged client of PostHog erase a person with host and key swapped', async () => {
  const page = readFileSync(join(REPOSITORY, 'examples/posthog-cli.md'), 'utf8');
  const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)]
    .map(([, code = '']) => code)
    .join('')
    .replace('http://127.0.0.1:8787', origin);
  const { printed, errors } = await runExample('sh', ['-c', commands], environment);
  expect(printed.trim(), errors).toBe('202');
  expect(await isThere(BEN.uuid)).toBe(false);
  const again = await runExample('sh', ['-c', commands], environment);
  expect(again.printed.trim(), again.errors).toBe('Nobody has this distinct id.');
});

describe('The backend of the example for a browser', () => {
  let page = '';
  beforeEach(async () => {
    const port = await pickPort();
    page = `http://127.0.0.1:${port}`;
    return serveExample('examples/browser/backend.ts', { ...environment, PORT: String(port) });
  });

  test('A visitor who is not signed in is given neither a token nor the settings', async () => {
    expect((await fetch(`${page}/hedgerow-token`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${page}/settings`, { headers: { cookie: 'session=made-up' } })).status).toBe(401);
  });

  test('A user who is signed in is given a token that reads persons for ten minutes, and says who the user is', async () => {
    const signedIn = await fetch(`${page}/session`, {
      method: 'POST',
      body: new URLSearchParams({ user: 'ada' }),
      redirect: 'manual',
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const minted = await (
      await fetch(`${page}/hedgerow-token`, { method: 'POST', headers: { cookie } })
    ).text();
    const { json } = await send('GET', '/v1/whoami', { token: minted });
    expect(json).toMatchObject({ grant: { scopes: ['person:read'] }, token: { actor: 'ada' } });
    expect(minted).not.toBe(token);
  });

  test('No file of the backend and no token of the tenant is served', async () => {
    for (const path of ['/', '/page.js', '/hedgerow.js']) {
      const answer = await fetch(page + path);
      expect(answer.status).toBe(200);
      expect(await answer.text()).not.toContain(token);
    }
    for (const path of ['/backend.ts', '/../node/persons.ts', '/..%2fbackend.ts'])
      expect((await fetch(page + path)).status).toBe(404);
  });
});
