/** Chromium without a window, and pages that say what they asked for and what went wrong in them. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll } from 'vitest';

/** Debian's package has it there. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Chromium must not look for updates or its maker's hosts; a container has no place for its sandbox. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Milliseconds that a page is waited for: as long as a test may take. */
const PATIENCE = 120_000;

export interface WatchedPage {
  readonly page: Page;
  /** Origins of everything the page has asked for. */
  readonly origins: () => ReadonlySet<string>;
  /** Errors in its console, exceptions that nothing caught, and requests that failed without the page's will. */
  readonly errors: readonly string[];
}

/** Starts a browser for the file that calls it. */
export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  afterAll(() => browser.close());
  return browser;
}

/** Opens a page in a context of its own: it has no cookie of another. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const asked: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // A page may end a stream of events.
    if (why !== 'net::ERR_ABORTED') errors.push(`${request.url()}: ${why}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  const origins = (): ReadonlySet<string> =>
    new Set(asked.filter((url) => /^(?:https?|wss?):/.test(url)).map((url) => new URL(url).origin));
  return { page, origins, errors };
}
