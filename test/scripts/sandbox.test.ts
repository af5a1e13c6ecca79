/** `npm run sandbox` as the developer of a client runs it: a child process, spoken to over HTTP. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { launchSandboxAlone, type Launched, pickPort, runSandboxAlone } from '../support/launcher.ts';

const KEY = 'phx_chosen_by_the_developer';
let port: number;
let sandbox: Launched;

beforeAll(async () => {
  port = await pickPort();
  const environment = { PORT: String(port), SANDBOX_API_KEY: KEY, SANDBOX_GENERATION: 'C' };
  sandbox = await launchSandboxAlone(environment);
});
afterAll(() => sandbox.kill());

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

describe('npm run sandbox', () => {
  test('The sandbox listens on PORT alone, and prints its address, key, generation and controls', () => {
    expect(sandbox.origin).toBe(`http://127.0.0.1:${port}`);
    expect(sandbox.printed).toContain(KEY);
    expect(sandbox.printed).toContain('generation C');
    expect(sandbox.printed).toContain('/_sandbox/');
    expect(sandbox.printed).not.toContain('Hedgerow listens');
  });

  test('The sandbox knows the chosen key and no other, and speaks the chosen generation', async () => {
    const send = clientOf(sandbox.origin);
    const persons = '/api/projects/1/persons/?limit=1';
    expect((await send('GET', persons, bearer(KEY))).status).toBe(200);
    expect((await send('GET', persons, bearer('phx_sandbox'))).status).toBe(401);
    const settings = await send('GET', '/_sandbox/settings');
    expect(settings.json).toMatchObject({ settings: { generation: 'C' } });
  });

  test('The printed commands work when they are pasted', () => {
    const commands = sandbox.printed.split('\n').filter((line) => line.startsWith('  '));
    const script = `curl() { command curl --fail-with-body -S "$@"; echo; }\n${commands.join('\n')}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
      encoding: 'utf8',
    });
    expect(status, stderr + stdout).toBe(0);
    expect(stdout).toContain('"distinct_ids"');
    expect(stdout).toContain('"received"');
    expect(stdout).toContain('"kind":"status"');
  });

  test('A generation that does not exist and a port that is taken are refused with a sentence', async () => {
    const wrong = await runSandboxAlone({ PORT: '0', SANDBOX_GENERATION: 'D' });
    expect(wrong).toMatchObject({ status: 1, printed: 'SANDBOX_GENERATION must be A, B or C.\n' });
    const taken = await runSandboxAlone({ PORT: String(port) });
    expect(taken.status).toBe(1);
    expect(taken.printed).toMatch(
      new RegExp(`^Port ${port} is taken\\. Choose another: PORT=\\d+ npm run sandbox$`, 'm'),
    );
  });

  test('A sandbox that is interrupted ends and frees its port', async () => {
    await sandbox.interrupt();
    const probe = createServer();
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    probe.close();
  });
});
