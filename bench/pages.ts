/**
 * `node bench/pages.ts`: what checking and rewriting a page row by row costs beside streaming it untouched, in a raw
 * workerd, in the same run. `--requests=200 --rounds=5`.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { COMPATIBILITY } from './gateway.ts';
import { describeMachine } from './machine.ts';
import { pageOf, startPagesUpstream, type PagesUpstream } from './pages-upstream.ts';
import { cpuSeconds, discardAtEnd, stopAll } from './process.ts';
import { shown, spreadOf } from './statistics.ts';
import { startWorkerd } from './workerd.ts';

const BASE = 'untouched';
const WAYS = [
  BASE,
  'links',
  'links+scrub',
  'keep',
  'keep+scrub',
  'redact',
  'redact+scrub',
  'csv',
  'whole',
] as const;
const SIZES = [100, 1000];
/** Requests in flight. */
const CONNECTIONS = 4;
const SLOW_ROWS = 20;

interface Served {
  readonly origin: string;
  readonly process: ChildProcess;
}

const bundle = (): string => {
  const built = buildSync({
    entryPoints: [join(import.meta.dirname, 'workers/pages.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
  });
  return built.outputFiles[0]?.text ?? '';
};

/** CPU milliseconds of the Worker for each page. @throws when a page is not whole. */
async function cpuMsPerPage(
  { origin, process: child }: Served,
  path: string,
  requests: number,
): Promise<number> {
  const before = cpuSeconds(child.pid) ?? Number.NaN;
  let left = requests;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const response = await fetch(origin + path);
      const bytes = (await response.arrayBuffer()).byteLength;
      if (response.status !== 200 || bytes < 1000)
        throw new Error(`${path} answered ${response.status}, ${bytes} bytes`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  return (((cpuSeconds(child.pid) ?? Number.NaN) - before) * 1000) / requests;
}

/** Milliseconds from the first whole row at the client to the last row at the upstream. */
async function leadMs(origin: string, way: string, upstream: PagesUpstream): Promise<number> {
  const response = await fetch(`${origin}/${way}/slow/${SLOW_ROWS}`);
  const decoder = new TextDecoder();
  let text = '';
  let firstMs = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    // The last member of a row: what is behind it is one bracket.
    if (firstMs === 0 && text.includes('"is_identified":true}')) firstMs = performance.now();
  }
  JSON.parse(text);
  return upstream.lastRowMs - firstMs;
}

async function measureSize(served: Served, rows: number, requests: number, rounds: number): Promise<void> {
  const samples = new Map<string, number[]>(WAYS.map((way) => [way, []]));
  for (const way of WAYS) await cpuMsPerPage(served, `/${way}/${rows}`, requests);
  for (let round = 0; round < rounds; round += 1) {
    for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
      samples.get(way)?.push(await cpuMsPerPage(served, `/${way}/${rows}`, requests));
    }
  }
  const base = samples.get(BASE) ?? [];
  console.log(`\n${rows} persons, ${pageOf(rows).length} bytes`);
  for (const [way, each] of samples) {
    const ratios = each.map((ms, i) => ms / (base[i] ?? Number.NaN));
    console.log(
      `  ${way.padEnd(11)} CPU ms per page ${shown(spreadOf(each), 2)}   × ${shown(spreadOf(ratios), 1)}`,
    );
  }
  const held = await fetch(`${served.origin}/held/${rows}`);
  console.log(`  held        ${await held.text()}`);
}

async function bench(): Promise<void> {
  const { values } = parseArgs({ options: { requests: { type: 'string' }, rounds: { type: 'string' } } });
  const requests = Number(values.requests ?? 200);
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-pages-'));
  discardAtEnd(folder);
  const upstream = await startPagesUpstream();
  const served = await startWorkerd(folder, {
    code: bundle(),
    ...COMPATIBILITY,
    variables: { POSTHOG_HOST: upstream.origin },
    objects: [],
  });
  console.log(
    `${describeMachine()}. ${requests} requests a sample, ${CONNECTIONS} at once; median (min–max).`,
  );
  for (const rows of SIZES) await measureSize(served, rows, requests, Number(values.rounds ?? 5));
  console.log(
    `\n${SLOW_ROWS} rows that come one by one: the first is at the client so long before the last is sent`,
  );
  // A table has no row of JSON to wait for, and a rendered answer of less than 256 KiB comes whole.
  for (const way of WAYS.filter((one) => one !== 'csv'))
    console.log(`  ${way.padEnd(11)} ${(await leadMs(served.origin, way, upstream)).toFixed(0)} ms`);
  upstream.close();
}

try {
  await bench();
} finally {
  await stopAll();
}
