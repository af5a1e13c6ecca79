/** What a local gateway stands in front of: the PostHog it is told of, or the sandbox. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Settings } from './settings.ts';
import { startWorker, type LocalWorker } from './worker.ts';

export interface PostHog {
  readonly host: string;
  readonly key: string;
  readonly sandbox: LocalWorker | null;
}

/** The PostHog of the settings; without one, a sandbox that keeps its persons below the state folder. */
export async function openPostHog({ postHog }: Settings, stateFolder: string): Promise<PostHog> {
  if (postHog !== null) return { ...postHog, sandbox: null };
  const key = `phx_${randomBytes(24).toString('base64url')}`;
  const sandbox = await startWorker({
    config: 'src/sandbox/wrangler.toml',
    port: 0,
    bindings: { SANDBOX_API_KEY: key },
    stateFolder: join(stateFolder, 'sandbox'),
    onLine: (line) => console.log(`[sandbox] ${line}`),
  });
  return { host: sandbox.origin, key, sandbox };
}
