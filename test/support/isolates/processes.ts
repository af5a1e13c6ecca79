/**
 * A gateway whose isolates are processes. One workerd, the keeper, has the objects; each of the others runs the gateway's Worker
 * and nothing else, and asks the objects of the keeper over a socket, by the registry with which Miniflare joins Workers of
 * several processes. So an isolate can be killed in the middle of its requests, while the objects and the other isolates go on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { Miniflare, type MiniflareOptions } from 'miniflare';
import { buildParts } from '../../../scripts/build.ts';
import { readWorkerConfig } from '../../../scripts/worker-config.ts';
import { bundle, miniflareOptions } from '../../../scripts/worker.ts';
import { crashing, REMOTE } from './crashing.ts';

export interface KillableIsolate {
  readonly origin: string;
  /** Ends the process with SIGKILL, and waits until another one serves at the same port, with an empty memory. */
  readonly kill: () => Promise<void>;
}

export interface GatewayProcesses {
  /** The process with the objects. It serves requests too, and is not killed. */
  readonly keeper: { readonly origin: string; readonly miniflare: Miniflare };
  readonly isolates: readonly KillableIsolate[];
  readonly stop: () => Promise<void>;
}

interface Running {
  readonly origin: string;
  readonly miniflare: Miniflare;
}

/** @param plugins Changes to the sources, beside those that tests need. */
export async function startProcesses(
  count: number,
  bindings: Readonly<Record<string, string>>,
  plugins: readonly Plugin[] = [],
): Promise<GatewayProcesses> {
  const config = readWorkerConfig('wrangler.toml');
  await buildParts();
  const code = await bundle(config, [crashing, ...plugins]);
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-isolates-'));
  const optionsAt = (port: number): MiniflareOptions => ({
    ...miniflareOptions(config, code, {
      config: 'wrangler.toml',
      port,
      bindings,
      stateFolder: null,
      onLine: () => undefined,
    }),
    enableDevRegistry: true,
    unsafeDevRegistryPath: folder,
  });
  const start = async (options: MiniflareOptions): Promise<Running> => {
    const [worker] = options.workers;
    const miniflare = new Miniflare(options);
    await miniflare.ready;
    return {
      origin: (await miniflare.unsafeGetDirectURL(worker?.config.name ?? config.name)).origin,
      miniflare,
    };
  };
  const keeper = await start(optionsAt(0));
  const startIsolate = (port: number) => start(withoutObjects(config.name, optionsAt(port)));
  const running = await Promise.all(Array.from({ length: count }, () => startIsolate(0)));
  return {
    keeper,
    isolates: running.map(({ origin }, nth) => ({
      origin,
      kill: async () => {
        // Miniflare asks nobody: the first thing it does is to send the signal.
        await running[nth]?.miniflare.dispose();
        running[nth] = await startIsolate(Number(new URL(origin).port));
      },
    })),
    stop: async () => {
      await Promise.all(running.map(({ miniflare }) => miniflare.dispose()));
      await keeper.miniflare.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Its Worker without the objects: it asks those of the keeper. */
function withoutObjects(keeper: string, options: MiniflareOptions): MiniflareOptions {
  const [worker] = options.workers;
  if (worker === undefined) throw new RangeError('A gateway has a Worker.');
  const objects = { type: 'worker' as const, worker: keeper, exportName: REMOTE.entrypoint };
  const own = Object.entries(worker.config.env ?? {}).filter(([, { type }]) => type !== 'durable-object');
  const config = {
    ...worker.config,
    name: `${keeper}-isolate`,
    env: { ...Object.fromEntries(own), [REMOTE.binding]: objects },
    exports: {},
  };
  return {
    ...options,
    workers: [{ ...worker, config, dev: { ...worker.dev, unsafeRegisterWorker: false } }],
  };
}
