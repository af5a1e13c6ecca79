import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { join } from 'node:path';

/** Starts the sandbox in a workerd of its own, on a port of its own, for tests that speak real HTTP to it. */

/** A running sandbox. */
export interface Sandbox {
  /** Scheme and host, without a slash at the end. */
  readonly url: string;
  /** Calls a control route with a JSON body, and gives what it answered; throws on anything but a 200. */
  readonly control: (method: string, path: string, body?: unknown) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

let bundle: Promise<string> | undefined;

/** The sandbox as one module, bundled on first use and kept. */
export function sandboxBundle(): Promise<string> {
  bundle ??= (async () => {
    const result = await build({
      entryPoints: [join(import.meta.dirname, '../../../src/sandbox/index.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2024',
      conditions: ['workerd', 'worker', 'import'],
      external: ['cloudflare:*'],
    });
    const file = result.outputFiles[0];
    if (file === undefined) throw new Error('esbuild wrote nothing');
    return file.text;
  })();
  return bundle;
}

/** Launches a sandbox with the given variables (SANDBOX_API_KEY, SANDBOX_GENERATION). */
export async function launchSandbox(vars: Record<string, string> = {}): Promise<Sandbox> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: await sandboxBundle(),
      durableObjects: { WORLD: { className: 'World', useSQLite: true } },
      bindings: vars,
      compatibilityDate: '2026-10-20',
      cf: false,
      host: '127.0.0.1',
      port: 0,
    }),
  );
  const url = (await miniflare.ready).origin;
  return {
    url,
    control: async (method, path, body) => {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const response = await fetch(`${url}/_sandbox/${path}`, init);
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${text}`);
      const parsed: unknown = JSON.parse(text);
      return parsed;
    },
    stop: () => miniflare.dispose(),
  };
}
