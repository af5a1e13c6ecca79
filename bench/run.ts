/** `npm run bench`: what the gateway costs beside asking PostHog directly, a bare Worker and nginx. README.md explains. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGateway, gatewaySetup, gzipBytesOf, readBundle, type Bundle, type PostHog } from './gateway.ts';
import { GENERATOR } from './load.ts';
import { describeMachine, find, PINNED } from './machine.ts';
import { checkServes, measure, warmUp } from './measure.ts';
import { readOptions, type Options } from './options.ts';
import { PAGE, ROWS } from './page.ts';
import { bytesOf, PAGE_SIZES, startInspectedPages, startPageTargets } from './page-targets.ts';
import { emptyObjectsSetup, emptySetup } from './peers.ts';
import { discardAtEnd, stopAll } from './process.ts';
import { profile, startInspectedReads } from './profile.ts';
import { aimsText, rowsOf, startsText, tableOf, type Row } from './report.ts';
import { measureStarts } from './startup.ts';
import { startTargets } from './targets.ts';
import { startUpstream, type Upstream } from './upstream.ts';

const WARM_SECONDS = 2;
/** Large pages that are asked for at once: more would only wait for the one core. */
const PAGE_CONNECTIONS = 4;
const RESULTS = join(import.meta.dirname, 'results');

async function bench(options: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-bench-'));
  discardAtEnd(folder);
  const bundles = [
    readBundle('gateway', buildGateway(join(folder, 'build'))),
    ...options.also.map(({ name, bundle }) => readBundle(name, bundle)),
  ];
  const upstream = await startUpstream(folder);
  const postHog = { origin: upstream.origin, key: newKey() };
  console.log(conditions(upstream, options));

  const starts = await measureStarting(folder, bundles, postHog, options.starts);
  const targets = await startTargets(folder, bundles, upstream, postHog);
  for (const target of targets) await checkServes(target, ROWS);
  await warmUp(targets, Math.min(WARM_SECONDS, options.seconds));

  const measured: { connections: number; rows: Row[] }[] = [];
  for (const connections of options.concurrencies) {
    const rows = rowsOf(await measure(targets, connections, options.seconds, options.rounds));
    measured.push({ connections, rows });
    console.log(tableOf(`concurrency ${connections}`, rows));
  }
  const pages = await measurePages(folder, bundles, postHog.key, options);
  console.log(`\n${aimsText()}\n${describeMachine()} at the end.`);
  const sizes = bundles.map(({ name, code }) => ({ name, gzipBytes: gzipBytesOf(code) }));
  keep({ at: new Date().toISOString(), machine: describeMachine(), options, starts, sizes, measured, pages });
}

/** Measures and prints large pages, of each size in turn. */
async function measurePages(
  folder: string,
  [bundle]: readonly Bundle[],
  key: string,
  { seconds, rounds }: Options,
): Promise<{ rows: number; bytes: number; targets: Row[] }[]> {
  if (bundle === undefined) return [];
  const pages = await startPageTargets(folder, bundle, key);
  const measured = [];
  for (const rows of PAGE_SIZES) {
    const bytes = bytesOf(rows);
    const targets = pages.at(rows);
    for (const target of targets) await checkServes(target, rows);
    await warmUp(targets, Math.min(WARM_SECONDS, seconds));
    const found = rowsOf(await measure(targets, PAGE_CONNECTIONS, seconds, rounds));
    measured.push({ rows, bytes, targets: found });
    const title = `pages of ${rows} persons, ${(bytes / 1e6).toFixed(1)} MB, concurrency ${PAGE_CONNECTIONS}`;
    console.log(tableOf(title, found));
  }
  pages.close();
  return measured;
}

/** How the figures below it came about. */
function conditions(upstream: Upstream, { seconds, rounds }: Options): string {
  const cores =
    PINNED.target.length === 0
      ? 'Nothing is pinned to cores.'
      : `Targets on core ${PINNED.target.join()}, load and upstream on ${PINNED.rest.join()}.`;
  return [
    `${describeMachine()}. ${cores}`,
    `Upstream: ${upstream.kind}, a page of ${Buffer.byteLength(PAGE)} bytes. Load: ${GENERATOR}.`,
    ...(find('nginx') === null ? ['nginx is not installed: it is left out.'] : []),
    `${rounds} rounds of ${seconds} s each; medians, extremes in parentheses. ` +
      "The gateway's log goes to /dev/null, as a deployment's is taken elsewhere.",
  ].join('\n');
}

/** Measures and prints sizes and starts. Returns the milliseconds of each start, by name. */
async function measureStarting(folder: string, bundles: readonly Bundle[], postHog: PostHog, times: number) {
  const taken = await measureStarts(
    folder,
    [
      { name: 'empty Worker', setup: emptySetup(), path: '/' },
      { name: 'empty Worker with objects', setup: emptyObjectsSetup(postHog), path: '/' },
      ...bundles.map(({ name, code }) => ({ name, setup: gatewaySetup(code, postHog), path: '/healthz' })),
    ],
    times,
  );
  console.log();
  for (const { name, code } of bundles)
    console.log(`${name}: ${(gzipBytesOf(code) / 1000).toFixed(1)} KB gzip`);
  if (times > 0) console.log(startsText(taken));
  return Object.fromEntries(taken);
}

/** Loads one gateway whose functions have their names, and prints what they cost. */
async function profileGateway({ seconds, page }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-profile-'));
  discardAtEnd(folder);
  const bundle = readBundle('gateway', buildGateway(join(folder, 'build'), 'kept'));
  const key = newKey();
  const inspected =
    page === null
      ? await startInspectedReads(folder, bundle, { origin: (await startUpstream(folder)).origin, key })
      : await startInspectedPages(folder, bundle, key, page);
  console.log(await profile(inspected, RESULTS, seconds));
  inspected.close();
}

const newKey = (): string => `phx_${randomBytes(24).toString('base64url')}`;

function keep(results: { readonly at: string; readonly [name: string]: unknown }): void {
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${results.at.replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

try {
  const options = readOptions(process.argv.slice(2));
  await (options.profile ? profileGateway(options) : bench(options));
} finally {
  await stopAll();
}
