/** The typed client in a page of a real browser: CORS is the browser's, and so are `fetch`, streams and clocks. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeEach, expect, test } from 'vitest';
import { CLIENT_BUNDLE } from '../../scripts/build-client.ts';
import { REPOSITORY } from '../../scripts/worker.ts';
import { ADA, PERSONS_IN_PROJECT } from '../../src/sandbox/seed/names.ts';
import { openPage, startBrowser } from '../support/browser.ts';
import type { Seen, Setting } from '../support/client/scenario.ts';
import { startSite } from '../support/client/site.ts';
import { startStack } from '../support/stack.ts';

const { origin: gateway, sandbox, tenants } = await startStack({ bindings: { DELETION_LOOK_SECONDS: '1' } });
const browser = await startBrowser();
const SCENARIO = join(REPOSITORY, 'test/support/client/scenario.ts');

const { outputFiles } = await build({
  ...CLIENT_BUNDLE,
  format: 'iife',
  write: false,
  stdin: {
    contents: `import { scenario } from '${SCENARIO}';\nglobalThis.scenario = scenario;`,
    resolveDir: REPOSITORY,
  },
});
const SCRIPT = outputFiles[0]?.text ?? '';

beforeEach(() => sandbox.reset());

/** A page of a site whose origin the tenant's record allows, or of one that it does not. */
async function play(isAllowed: boolean) {
  const site = await startSite(SCRIPT);
  const { token } = await tenants.fresh({ origins: [isAllowed ? site.origin : 'https://other.example'] });
  site.mintWith(async () => (await tenants.derive(token, { expires_in: 600 })).token);
  const { page, origins, errors } = await openPage(browser);
  await page.goto(site.origin);
  await sandbox.forget();
  const setting: Setting = { url: gateway, tokenUrl: site.tokenUrl, uuid: ADA.uuid };
  // As text, because it is run in the page, where the names of this file mean nothing.
  const run = () => page.evaluate<Seen>(`scenario(${JSON.stringify(setting)})`);
  return { site, origins, errors, run };
}

test('A page in Chromium reads, deletes and is refused over four renewals of its token', async () => {
  const { site, origins, errors, run } = await play(true);
  const seen = await run();
  const count = PERSONS_IN_PROJECT[1];
  expect(seen.listed.map(({ length }) => length)).toEqual([count, count, count, count]);
  expect(new Set(seen.listed[3]).size).toBe(count);
  expect(seen.pages).toEqual([15, 15, 10]);
  expect(seen.refusal).toEqual({ code: 'parameter_invalid', attr: 'limit', hasRequestId: true });
  expect(seen.outcome).toBe('done');
  expect(seen.states.at(-1)).toBe('done');
  expect(seen.table).toMatch(/^id,state,/);
  expect(site.count()).toBe(5);
  expect(origins()).toEqual(new Set([site.origin, gateway]));
  // The refusal that the scenario asks for is the one that Chromium reports.
  expect(errors).toEqual([expect.stringContaining('400')]);
});

test('A page in Chromium whose origin is not allowed is told nothing, and nothing is asked of PostHog', async () => {
  const { run } = await play(false);
  await expect(run()).rejects.toThrow('Failed to fetch');
  expect(await sandbox.received()).toEqual([]);
});
