/** How long a Worker takes from the start of its process to its first answer. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { stop } from './process.ts';
import { startWorkerd, type WorkerSetup } from './workerd.ts';

export interface Starting {
  readonly name: string;
  readonly setup: WorkerSetup;
  /** A path it answers with 200, asked first. */
  readonly path: string;
}

/** Milliseconds of every start, by name. Workers take turns. */
export async function measureStarts(
  folder: string,
  workers: readonly Starting[],
  times: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const taken = new Map<string, number[]>(workers.map(({ name }) => [name, []]));
  for (let i = 0; i < times; i += 1) {
    for (const worker of i % 2 === 0 ? workers : workers.toReversed()) {
      taken.get(worker.name)?.push(await startMs(folder, worker));
    }
  }
  return taken;
}

async function startMs(folder: string, { name, setup, path }: Starting): Promise<number> {
  const own = mkdtempSync(join(folder, 'start-'));
  const beganMs = performance.now();
  const { origin, process: child } = await startWorkerd(own, setup);
  const response = await fetch(origin + path);
  const tookMs = performance.now() - beganMs;
  await response.arrayBuffer();
  await stop(child);
  if (response.status !== 200) throw new Error(`${name} answered its first request with ${response.status}`);
  return tookMs;
}
