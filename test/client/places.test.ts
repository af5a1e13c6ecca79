/** The client in Node, in a Worker and in a page, against the gateway over HTTP: the same text, and the same is seen. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CLIENT_BUNDLE } from '../../scripts/build-client.ts';
import { REPOSITORY } from '../../scripts/worker.ts';
import { ADA, PERSONS_IN_PROJECT } from '../../src/sandbox/seed/names.ts';
import { startBackend } from '../support/client/backend.ts';
import { runInPage } from '../support/client/page.ts';
import { scenario, type Seen, type Setting } from '../support/client/scenario.ts';
import { startStack } from '../support/stack.ts';
import { PAGE } from '../support/tenants.ts';

const { origin, sandbox, tenants } = await startStack({ bindings: { DELETION_LOOK_SECONDS: '1' } });
const SCENARIO = join(REPOSITORY, 'test/support/client/scenario.ts');

let bundles: { readonly worker: string; readonly page: string };
beforeAll(async () => {
  bundles = {
    worker: await bundled(
      'export default { fetch: async (request) => Response.json(await scenario(await request.json())) };',
      'esm',
    ),
    page: await bundled('globalThis.scenario = scenario;', 'iife'),
  };
});
beforeEach(() => sandbox.reset());

async function bundled(contents: string, format: 'esm' | 'iife'): Promise<string> {
  const { outputFiles } = await build({
    ...CLIENT_BUNDLE,
    format,
    write: false,
    stdin: { contents: `import { scenario } from '${SCENARIO}';\n${contents}`, resolveDir: REPOSITORY },
  });
  return outputFiles[0]?.text ?? '';
}

/** A backend for a new tenant, and what the place then sees. */
async function played(play: (setting: Setting) => Promise<Seen>): Promise<{ seen: Seen; tokens: number }> {
  const { token } = await tenants.fresh();
  const mint = async () => (await tenants.derive(token, { expires_in: 600 })).token;
  const backend = await startBackend(mint);
  const seen = await play({ url: origin, tokenUrl: backend.url, uuid: ADA.uuid });
  return { seen, tokens: backend.count() };
}

/** What every place has to see. A token lasts ten minutes, and the clock of the place goes on by that four times. */
function checkSeen({ seen, tokens }: { seen: Seen; tokens: number }): void {
  const count = PERSONS_IN_PROJECT[1];
  expect(seen.listed.map(({ length }) => length)).toEqual([count, count, count, count]);
  expect(new Set(seen.listed[3]).size).toBe(count);
  expect(seen.pages).toEqual([15, 15, 10]);
  expect(seen.refusal).toEqual({ code: 'parameter_invalid', attr: 'limit', hasRequestId: true });
  expect(seen.outcome).toBe('done');
  expect(seen.states.at(-1)).toBe('done');
  expect(seen.table).toMatch(/^id,state,/);
  // The first one, and one for each renewal; the fourth comes with what is done after the listings.
  expect(tokens).toBe(5);
}

test('The client in Node reads, deletes and is refused over four renewals of its token', async () => {
  checkSeen(await played(scenario));
});

test('The client in a Worker reads, deletes and is refused over four renewals of its token', async () => {
  const worker = new Miniflare({
    workers: [
      {
        config: {
          name: 'partner',
          compatibilityDate: '2026-10-20',
          manifest: {
            mainModule: 'index.mjs',
            modulesRoot: REPOSITORY,
            modules: { 'index.mjs': { type: 'esm', contents: bundles.worker } },
          },
        },
        dev: { rootPath: REPOSITORY },
      },
    ],
    cf: false,
    logRequests: false,
    enableDevRegistry: false,
    telemetry: { enabled: false },
  });
  afterAll(() => worker.dispose());
  const play = async (setting: Setting): Promise<Seen> => {
    const answer = await worker.dispatchFetch('http://partner.test/', {
      method: 'POST',
      body: JSON.stringify(setting),
    });
    expect(answer.status, answer.ok ? '' : await answer.clone().text()).toBe(200);
    return (await answer.json()) as Seen;
  };
  checkSeen(await played(play));
});

const inPage =
  (page: string) =>
  async (setting: Setting): Promise<Seen> =>
    (await runInPage(`${bundles.page}\nscenario(setting)`, page, { setting })) as Seen;

test('The client in a page reads, deletes and is refused over four renewals of its token, with CORS', async () => {
  checkSeen(await played(inPage(PAGE)));
});

test('The client in a page of another origin is refused as a page is, and nothing is asked of PostHog', async () => {
  await sandbox.forget();
  await expect(played(inPage('https://evil.example'))).rejects.toMatchObject({ name: 'TypeError' });
  expect(await sandbox.received()).toEqual([]);
});
