/** A gateway whose shields cannot be reached: it goes on, and asks PostHog seldom. */
import { afterAll, describe, expect, test } from 'vitest';
import { startWorker } from '../../scripts/worker.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { replaceExports } from '../noninterference/replace-exports.ts';
import { clientOf } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { sandboxControl } from '../support/sandbox.ts';
import { ADMIN_TOKEN, KEY, SECRETS } from '../support/secrets.ts';
import { launch, UNHURRIED } from '../support/stack.ts';
import { tenantsOf } from '../support/tenants.ts';

const sandboxWorker = await launch('src/sandbox/wrangler.toml', { SANDBOX_API_KEY: KEY });
const sandbox = sandboxControl(sandboxWorker.origin);
await sandbox.reset();

/** Shields have the numbers of their projects for names. */
const AWAY = `(objects, name, jurisdiction) =>
  /^[0-9]+$/.test(name)
    ? new Proxy({}, { get: () => () => Promise.reject(new Error('out of reach')) })
    : original(objects, name, jurisdiction)`;
const lines: string[] = [];
const gateway = await startWorker({
  config: 'wrangler.toml',
  port: 0,
  bindings: { ...SECRETS, ...UNHURRIED, POSTHOG_HOST: sandboxWorker.origin },
  stateFolder: null,
  onLine: (line) => lines.push(line),
  plugins: [replaceExports([{ name: 'objectNamed', instead: AWAY }])],
});
const send = clientOf(gateway.origin);
const tenants = tenantsOf(
  (method, path, json) =>
    send(method, `/admin/v1/tenants${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) }),
  send,
);

afterAll(() => Promise.all([gateway.stop(), sandboxWorker.stop()]));

const LIST = '/api/projects/1/persons/?limit=1';
const DELETE = '/api/projects/1/persons/bulk_delete/';

describe('A gateway whose shields cannot be reached', () => {
  test('A gateway without its shield reads seldom, is then 503 with the seconds to wait, deletes as ever, and tells the operator', async () => {
    const { token } = await tenants.fresh();
    for (let nth = 0; nth < LIMITS.emergencyCallsPerMinute; nth += 1) {
      expect((await send('GET', LIST, { token })).status).toBe(200);
    }
    await sandbox.forget();
    const refused = await send('GET', LIST, { token });
    problem(refused, 'upstream_share_exhausted');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(await sandbox.received()).toEqual([]);
    const deleted = await send('POST', DELETE, { token, json: { distinct_ids: ['ben@acme.test'] } });
    expect(deleted.status, deleted.text).toBe(202);
    const [sent] = await sandbox.received();
    expect(sent?.target).toBe(DELETE);
    expect(lines.some((line) => line.includes('shield_failed'))).toBe(true);
  });
});
