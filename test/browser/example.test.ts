/** The example for a browser in Chromium: a user signs in, and the page goes on over three renewals of its token. */
import { beforeAll, expect, test } from 'vitest';
import { buildClient } from '../../scripts/build-client.ts';
import { PERSONS_IN_PROJECT } from '../../src/sandbox/seed/names.ts';
import { openPage, startBrowser } from '../support/browser.ts';
import { serveExample } from '../support/example.ts';
import { pickPort } from '../support/launcher.ts';
import { startStack } from '../support/stack.ts';

const { origin: gateway, tenants } = await startStack();
const browser = await startBrowser();
const ROWS = 10;
const RENEWALS = 3;

beforeAll(() => buildClient());

test('The page of the example shows persons to a user who signs in, over three renewals of its token', async () => {
  const port = await pickPort();
  const site = `http://localhost:${port}`;
  const { token } = await tenants.fresh({ origins: [site] });
  const stop = await serveExample('examples/browser/backend.ts', {
    HEDGEROW_URL: gateway,
    HEDGEROW_TOKEN: token,
    PORT: String(port),
  });
  try {
    const { page, origins, errors } = await openPage(browser);
    let tokens = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/hedgerow-token')) tokens += 1;
    });
    await page.clock.install();
    await page.goto(site);
    await page.getByLabel('Who are you?').fill('<b>ada</b>');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(`${ROWS} persons`).waitFor();
    for (let shown = 2 * ROWS; shown <= (RENEWALS + 1) * ROWS; shown += ROWS) {
      await page.clock.fastForward(600_000);
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByText(`${shown} persons`).waitFor();
    }
    expect(tokens).toBe(1 + RENEWALS);
    // A full page may be the last one: PostHog tells so with an empty one.
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('button', { name: 'More' }).waitFor({ state: 'hidden' });
    expect(await page.locator('tbody tr').count()).toBe(PERSONS_IN_PROJECT[1]);
    expect(origins()).toEqual(new Set([site, gateway]));
    // Chromium reports the 401 by which the page learns that nobody is signed in.
    expect(errors.filter((error) => !error.includes('401'))).toEqual([]);
  } finally {
    stop();
  }
});
