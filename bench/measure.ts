/** Rounds of measurements: every target in turn, again and again, so that what else the machine does hits all alike. */
import type { ChildProcess } from 'node:child_process';
import { load, type CacheControl } from './load.ts';
import { PATH } from './page.ts';
import { cpuSeconds } from './process.ts';

export interface Target {
  readonly name: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Sent as a bearer credential. */
  readonly token: string;
  /** Sent by turns in its place. */
  readonly tokensByTurns?: readonly string[];
  /** Path and query of what is asked; the page of every target where it is left out. */
  readonly path?: string;
  readonly cacheControl: CacheControl;
  /** Whose CPU time is counted, with its children. */
  readonly process: ChildProcess;
}

/** One target under load for a while. */
export interface Sample {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Microseconds, user and system; `null` where the system does not tell. */
  readonly cpuMicros: number | null;
  readonly failures: number;
}

/** The samples of each target by name, in the order of rounds. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Measures every target once a round. Odd rounds go backwards, so that no target always follows the same one.
 * `seconds` for each sample.
 */
export async function measure(
  targets: readonly Target[],
  connections: number,
  seconds: number,
  rounds: number,
): Promise<Samples> {
  const samples = new Map<string, Sample[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
      samples.get(target.name)?.push(await sample(target, connections, seconds));
    }
  }
  return samples;
}

async function sample(target: Target, connections: number, seconds: number): Promise<Sample> {
  const before = cpuSeconds(target.process.pid);
  const done = await load({ ...askOf(target), connections, seconds });
  const after = cpuSeconds(target.process.pid);
  const known = before !== null && after !== null && done.requests > 0;
  return {
    requestsPerSecond: done.requests / done.seconds,
    p50Ms: done.p50Ms,
    p99Ms: done.p99Ms,
    cpuMicros: known ? ((after - before) * 1e6) / done.requests : null,
    failures: done.failures,
  };
}

const urlOf = ({ origin, path = PATH }: Target): string => origin + path;

/** What it is asked for. */
export const askOf = (target: Target) => ({
  url: urlOf(target),
  token: target.token,
  tokensByTurns: target.tokensByTurns,
  cacheControl: target.cacheControl,
});

const WARM_CONNECTIONS = 16;

/** Lets the compilers of the runtimes finish, unmeasured. */
export async function warmUp(targets: readonly Target[], seconds: number): Promise<void> {
  for (const target of targets) await load({ ...askOf(target), connections: WARM_CONNECTIONS, seconds });
}

/** @throws when a target does not serve the page: its figures would mean nothing. */
export async function checkServes(target: Target, rows: number): Promise<void> {
  const { name, token } = target;
  const response = await fetch(urlOf(target), { headers: { Authorization: `Bearer ${token}` } });
  const text = await response.text();
  const served = text.split('"distinct_ids"').length - 1;
  if (response.status !== 200 || served !== rows) {
    throw new Error(`${name} answered ${response.status} with ${served} rows: ${text.slice(0, 300)}`);
  }
}
