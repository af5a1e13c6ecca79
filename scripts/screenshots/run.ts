/** `npm run screenshots`: pictures of the console's pages, in both schemes, into `docs/console/`. Needs Chromium. */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { REPOSITORY } from '../repository.ts';
import { runMain } from '../run-main.ts';
import { openWorld, type World } from './world.ts';

const FOLDER = join(REPOSITORY, 'docs/console');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const VIEWPORT = { width: 1280, height: 800 };
/** Of all pictures together: a clone brings them along. */
const BYTES_MAX = 2_000_000;

const pagesOf = ({ held, done }: World): Readonly<Record<string, string>> => ({
  overview: '/',
  tenant: '/tenants/acme',
  record: '/tenants/acme/record',
  tokens: '/tenants/acme/tokens',
  try: `/tenants/acme/try?method=GET&path=${encodeURIComponent('/api/projects/1/persons/?search=ada')}`,
  deletions: '/deletions',
  approval: `/tenants/birch/deletions/${held}`,
  deletion: `/tenants/birch/deletions/${done}`,
  audit: '/audit',
});

async function picture(browser: Browser, world: World, colorScheme: 'light' | 'dark'): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport: VIEWPORT, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(`${world.origin}/sign-in`);
  await page.screenshot({ path: join(FOLDER, `sign-in-${colorScheme}.png`) });
  await page.fill('#token', world.adminToken);
  await page.click('button:has-text("Sign in")');
  await page.waitForURL(`${world.origin}/`);
  for (const [name, path] of Object.entries(pagesOf(world))) {
    await page.goto(world.origin + path);
    await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) });
  }
  await context.close();
}

async function screenshots(): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const world = await openWorld();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  for (const scheme of ['light', 'dark'] as const) await picture(browser, world, scheme);
  await browser.close();
  await world.stop();
  const bytes = readdirSync(FOLDER).reduce((sum, name) => sum + statSync(join(FOLDER, name)).size, 0);
  if (bytes > BYTES_MAX) throw new Error(`The pictures have ${bytes} bytes, and ${BYTES_MAX} is enough.`);
  console.log(`${readdirSync(FOLDER).length} pictures of ${Math.round(bytes / 1000)} KB are in ${FOLDER}.`);
}

await runMain(screenshots);
