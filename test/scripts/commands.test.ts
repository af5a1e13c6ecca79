/** Every command in the README, and every command that `npm start` prints, does what it says against a started gateway. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { firstSteps } from '../../scripts/first-steps.ts';
import { REPOSITORY } from '../../scripts/worker.ts';
import { clientOf } from '../support/client.ts';
import { launchGateway, makeFolder, pickPort, type Launched } from '../support/launcher.ts';

const read = (name: string): string => readFileSync(join(REPOSITORY, name), 'utf8');
const readme = read('README.md');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code);
const scripts = blocks('sh');
const isForGateway = (script: string): boolean => script.includes('$GATEWAY');

const folder = makeFolder();
let gateway: Launched;

beforeAll(async () => {
  writeFileSync(join(folder, '.dev.vars'), 'READ_TIMOUT_MS=5\n');
  gateway = await launchGateway({ PORT: String(await pickPort()), HEDGEROW_FOLDER: folder });
});
afterAll(async () => {
  await gateway.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Pastes commands into a shell that ends at the first one that fails, an answer of 400 and more included. */
function paste(commands: string): string {
  const curl = 'curl() { command curl --fail-with-body -S "$@"; }';
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', `${curl}\n${commands}`], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(status, stderr + stdout).toBe(0);
  return stdout;
}

const indented = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .join('\n');

describe('Output of npm start', () => {
  test('The printed commands work when they are pasted', () => {
    const said = paste(indented(gateway.printed));
    expect(said).toContain('"tenant":');
    expect(said).toContain('202 Accepted');
    expect(said).toContain('"state":"settling"');
  });

  test('The printed commands for a PostHog work when they are pasted, and read the admin token themselves', () => {
    const file = join(folder, '.dev.vars');
    const said = paste(indented(firstSteps({ origin: gateway.origin, adminTokenIn: 'file', file })));
    expect(said).toContain('"distinct_ids"');
  });

  test('The output says where the sandbox listens, that nothing is kept, and which setting is misspelt', async () => {
    const sandbox = /in front of the sandbox on (\S+)\.\n/.exec(gateway.printed)?.[1] ?? '';
    expect((await clientOf(sandbox)('GET', '/_sandbox/settings')).status).toBe(200);
    expect(gateway.printed).toContain('forgotten when they stop');
    expect(gateway.printed).toContain('READ_TIMOUT_MS in .dev.vars is no setting of Hedgerow');
  });
});

describe('The README', () => {
  let browserToken = '';

  test('The README has a round trip that works when it is pasted', () => {
    const roundTrip = scripts.filter(isForGateway).join('\n');
    const said = paste(roundTrip.replaceAll('http://127.0.0.1:8787', gateway.origin));
    expect(said).toContain('Hedgerow-Deletion: del_');
    browserToken = /hgr_\S+\n$/.exec(said)?.[0].trim() ?? '';
    expect(browserToken).not.toBe('');
  });

  test('The README has a page whose script may read persons with the token of the round trip, from the origin it names', async () => {
    const send = clientOf(gateway.origin);
    const origin = { origin: 'http://localhost:3000' };
    /** What a browser does around a request with a header of its own: it asks first, and hides what is not granted. */
    const browserFetch = async (
      url: string,
      init: { readonly headers: { readonly Authorization: string } },
    ) => {
      const { pathname, search } = new URL(url);
      const path = pathname + search;
      const asked = {
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      };
      const preflight = await send('OPTIONS', path, { headers: { ...origin, ...asked } });
      expect(preflight.status).toBe(204);
      expect(preflight.headers['access-control-allow-headers']?.toLowerCase()).toContain('authorization');
      const answer = await send('GET', path, {
        headers: { ...origin, authorization: init.headers.Authorization },
      });
      for (const { headers } of [preflight, answer]) {
        expect(['*', origin.origin]).toContain(headers['access-control-allow-origin']);
      }
      return { json: () => Promise.resolve(answer.json) };
    };
    const [script = ''] = blocks('js');
    const shown: unknown[] = [];
    const page: unknown = runInNewContext(`(async () => { ${script} })()`, {
      BROWSER_TOKEN: browserToken,
      fetch: browserFetch,
      console: { log: (value: unknown) => shown.push(value) },
    });
    await page;
    expect(shown).toMatchObject([{ results: [{}, {}] }]);
  });

  test('The README has no other commands than those of npm, wrangler and hedgerow that exist', () => {
    const Package = z.object({ scripts: z.record(z.string(), z.string()) });
    const known = Object.keys(Package.parse(JSON.parse(read('package.json'))).scripts);
    const lines = scripts
      .filter((script) => !isForGateway(script))
      .flatMap((script) => script.trim().split('\n'));
    for (const line of lines) {
      expect(line).toMatch(
        /^(?:[A-Z_]+=\S+ )*(?:npm (?:install|start|test|run \w+)|npx (?:wrangler login|hedgerow \w+))(?: |$)/,
      );
    }
    const named = ['README.md', 'CONTRIBUTING.md', 'bench/README.md'].flatMap((name) =>
      [...read(name).matchAll(/npm run ([a-z:]+)/g)].map(([, script = '']) => script),
    );
    expect(named.filter((script) => !known.includes(script))).toEqual([]);
  });
});

test('A gateway over the sandbox that is interrupted leaves no state and no lock', async () => {
  await gateway.interrupt();
  expect(readdirSync(join(folder, '.hedgerow'))).toEqual([]);
  expect(existsSync(join(folder, '.dev.vars'))).toBe(true);
});
