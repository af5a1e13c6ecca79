/** The state of `npm start` in front of a PostHog survives a kill, and only its owner can read it. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LocalWorker } from '../../scripts/worker.ts';
import { clientOf, until, type Answer } from '../support/client.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import { launchGateway, makeFolder, pickPort, runGateway, type Launched } from '../support/launcher.ts';
import { sandboxControl } from '../support/sandbox.ts';
import { KEY, SECRETS, ADMIN_TOKEN } from '../support/secrets.ts';
import { launch } from '../support/stack.ts';

const folder = makeFolder();
const systemTemp = makeFolder();
let sandbox: LocalWorker;
let proxy: FlakyProxy;
let environment: Readonly<Record<string, string>>;
let gateway: Launched | undefined;

const ask = (token: string, method: string, path: string, json?: unknown): Promise<Answer> =>
  clientOf(gateway?.origin ?? '')(method, path, { token, ...(json === undefined ? {} : { json }) });
const asAdmin = (method: string, path: string, json?: unknown) =>
  ask(ADMIN_TOKEN, method, `/admin/v1/tenants/acme${path}`, json);
const mint = async (name: string) =>
  (await asAdmin('POST', '/tokens', { name })).json as { readonly id: string; readonly token: string };
const erase = (token: string, name: string) =>
  ask(token, 'POST', '/api/projects/1/persons/bulk_delete/', { distinct_ids: [name] });
const log = async () =>
  ((await asAdmin('GET', '/deletions')).json as { results: { id: string; state: string }[] }).results;

beforeAll(async () => {
  sandbox = await launch('src/sandbox/wrangler.toml', { SANDBOX_API_KEY: KEY });
  await sandboxControl(sandbox.origin).reset();
  proxy = await startFlakyProxy(sandbox.origin);
  environment = {
    ...SECRETS,
    POSTHOG_HOST: proxy.origin,
    PORT: String(await pickPort()),
    HEDGEROW_FOLDER: folder,
    TMPDIR: systemTemp,
  };
  gateway = await launchGateway(environment);
});

afterAll(async () => {
  await gateway?.kill();
  await proxy.stop();
  await sandbox.stop();
  for (const each of [folder, systemTemp]) rmSync(each, { recursive: true, force: true });
});

test('A gateway that was killed comes back with tenant, revocation, log and budget, and settles the unknown deletion', async () => {
  await asAdmin('PUT', '', {
    name: 'Acme',
    project_id: 1,
    scopes: ['person:read', 'person:delete'],
    deletes: { persons_per_day: 2 },
  });
  const kept = await mint('kept');
  const revoked = await mint('revoked');
  expect((await asAdmin('DELETE', `/tokens/${revoked.id}`)).status).toBeLessThan(300);
  expect((await erase(kept.token, 'ada@acme.test')).status).toBe(202);
  await proxy.mood('drop');
  const lost = await erase(kept.token, 'ben@acme.test');
  expect(lost).toMatchObject({ status: 202, json: { deletion: { state: 'sending' } } });
  expect((await log()).map(({ state }) => state)).toEqual(['sending', 'settling']);

  await gateway?.kill();
  await proxy.mood(null);
  gateway = await launchGateway(environment);

  expect((await ask(kept.token, 'GET', '/v1/whoami')).status).toBe(200);
  expect((await ask(revoked.token, 'GET', '/v1/whoami')).json).toMatchObject({ code: 'token_revoked' });
  expect((await erase(kept.token, 'cleo@acme.test')).json).toMatchObject({
    code: 'deletion_budget_exhausted',
  });
  const settled = await until('the unknown deletion is settled', async () => {
    const entries = await log();
    return entries.every(({ state }) => state === 'settling' || state === 'done') ? entries : undefined;
  });
  expect(settled).toHaveLength(2);
});

test('The state is readable by its owner only, and nothing of it is in the folder for temporary files', () => {
  const root = join(folder, '.hedgerow');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  expect(files.some((file) => file.endsWith('.sqlite'))).toBe(true);
  for (const file of ['', ...files]) expect(statSync(join(root, file)).mode & 0o077, file).toBe(0);
  // npm keeps its compiled code there.
  expect(readdirSync(systemTemp).filter((name) => name !== 'node-compile-cache')).toEqual([]);
});

test('A second gateway on the same port says in one sentence that the port is taken', async () => {
  const { status, printed } = await runGateway(environment);
  expect(status).toBe(1);
  expect(printed.trim()).toMatch(/^Port \d+ is taken\. Choose another: PORT=\d+ npm start$/);
  expect(printed).not.toContain(`PORT=${environment['PORT']} `);
});

test('A gateway whose launcher alone was killed keeps the next one out, which says in one sentence how to stop it', async () => {
  const root = join(folder, '.hedgerow');
  const held = readdirSync(root).find((name) => name.endsWith('.lock')) ?? '';
  const [launcher] = readFileSync(join(root, held), 'utf8').split('\n');
  process.kill(Number(launcher), 'SIGKILL');
  const { status, printed } = await runGateway(environment);
  expect(status).toBe(1);
  expect(printed.trim()).toMatch(
    /^The gateway that used .+ was killed, .+: stop it with `kill [\d ]+`, or .+\.$/,
  );
});
