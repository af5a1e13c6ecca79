/** Loads one address for a while and says how it went: with wrk where it is installed, else with autocannon. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { find } from './machine.ts';
import { start } from './process.ts';

/** `no-cache` wants each answer from PostHog; null takes one that another request was given. */
export type CacheControl = 'no-cache' | null;

export interface LoadAsk {
  readonly url: string;
  readonly token: string;
  /** Sent by turns in place of `token`, where the generator can. */
  readonly tokensByTurns?: readonly string[] | undefined;
  /** What a client says of remembered answers. */
  readonly cacheControl: CacheControl;
  readonly connections: number;
  readonly seconds: number;
}

export interface Load {
  /** Answers that came whole. */
  readonly requests: number;
  /** Seconds from the first request to the last answer. */
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, and connections that failed. */
  readonly failures: number;
}

const WRK = find('wrk');

/** Autocannon sends the same headers with every request. */
export const SENDS_BY_TURNS = WRK !== null;

export const GENERATOR = WRK === null ? 'autocannon' : 'wrk -t1';

/** The generator runs in a process of its own, on the cores the target is not on. */
export const load = (ask: LoadAsk): Promise<Load> =>
  WRK === null ? loadWithAutocannon(ask) : loadWithWrk(WRK, ask);

const Report = z.object({
  requests: z.object({ total: z.int() }),
  duration: z.number(),
  latency: z.object({ p50: z.number(), p99: z.number() }),
  non2xx: z.int(),
  errors: z.int(),
});

/** Its latencies are whole milliseconds. */
async function loadWithAutocannon({
  url,
  token,
  cacheControl,
  connections,
  seconds,
}: LoadAsk): Promise<Load> {
  const script = createRequire(import.meta.url).resolve('autocannon/autocannon.js');
  const report = await outputOf(process.execPath, [
    script,
    '--json',
    '--no-progress',
    `--connections=${connections}`,
    `--duration=${seconds}`,
    '--headers',
    `Authorization=Bearer ${token}`,
    ...(cacheControl === null ? [] : ['--headers', `Cache-Control=${cacheControl}`]),
    url,
  ]);
  const { requests, duration, latency, non2xx, errors } = Report.parse(JSON.parse(report));
  return {
    requests: requests.total,
    seconds: duration,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    failures: non2xx + errors,
  };
}

async function loadWithWrk(
  wrk: string,
  { url, token, tokensByTurns, cacheControl, connections, seconds }: LoadAsk,
): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-wrk-'));
  const script = join(folder, 'by-turns.lua');
  if (tokensByTurns !== undefined) writeFileSync(script, byTurns(tokensByTurns));
  const report = await outputOf(wrk, [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...(tokensByTurns === undefined ? [] : ['-s', script]),
    '-H',
    `Authorization: Bearer ${token}`,
    ...(cacheControl === null ? [] : ['-H', `Cache-Control: ${cacheControl}`]),
    url,
  ]).finally(() => rmSync(folder, { recursive: true }));
  const [, requests = '', took = ''] = /(\d+) requests in (\S+),/.exec(report) ?? [];
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1] ?? '0';
  const broken = /Socket errors: (.*)/.exec(report)?.[1]?.match(/\d+/g) ?? [];
  return {
    requests: Number(requests),
    seconds: millisecondsOf(took) / 1000,
    p50Ms: millisecondsOf(/^\s+50%\s+(\S+)/m.exec(report)?.[1]),
    p99Ms: millisecondsOf(/^\s+99%\s+(\S+)/m.exec(report)?.[1]),
    failures: [refused, ...broken].reduce((sum, count) => sum + Number(count), 0),
  };
}

/** A script of wrk's: the next request has the next token. */
const byTurns = (tokens: readonly string[]): string => `
local tokens = { ${tokens.map((token) => JSON.stringify(token)).join(', ')} }
local nth = 0
request = function()
  nth = nth % #tokens + 1
  wrk.headers['Authorization'] = 'Bearer ' .. tokens[nth]
  return wrk.format()
end
`;

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = start('rest', command, args, ['ignore', 'pipe', 'inherit']);
  if (child.stdout === null) throw new Error(`${command} has no output`);
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`${command} ended with ${child.exitCode}: ${output}`);
  return output;
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** wrk writes times as `1.23ms`. */
function millisecondsOf(time: string | undefined): number {
  const [, number = '', unit = ''] = /^([\d.]+)([a-z]+)$/.exec(time ?? '') ?? [];
  const factor = MILLISECONDS[unit];
  if (factor === undefined) throw new Error(`wrk said a time that cannot be read: ${time ?? 'none'}`);
  return Number(number) * factor;
}
