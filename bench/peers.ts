/** The Workers the gateway is held against. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { COMPATIBILITY, gatewaySetup, type PostHog } from './gateway.ts';
import type { WorkerSetup } from './workerd.ts';

/** Passes everything on with the key put in, and does nothing else. */
export const bareSetup = (postHog: PostHog): WorkerSetup =>
  setupOf('bare.ts', { POSTHOG_HOST: postHog.origin, POSTHOG_PERSONAL_API_KEY: postHog.key });

/** Keeps the promises that every read of the gateway keeps, and knows nothing of tokens. */
export const leastSetup = (postHog: PostHog): WorkerSetup =>
  setupOf('least.ts', { POSTHOG_HOST: postHog.origin, POSTHOG_PERSONAL_API_KEY: postHog.key });

/** Answers `ok`. */
export const emptySetup = (): WorkerSetup => setupOf('empty.ts', {});

/** Answers `ok`, with the variables and the kinds of objects that the gateway has: what no code can avoid. */
export function emptyObjectsSetup(postHog: PostHog): WorkerSetup {
  const setup = gatewaySetup('', postHog);
  const code = [
    `import { DurableObject } from 'cloudflare:workers';`,
    ...setup.objects.map(({ className }) => `export class ${className} extends DurableObject {}`),
    `export default { fetch: () => new Response('ok') };`,
  ].join('\n');
  return { ...setup, code };
}

const codeOf = (file: string): string =>
  transformSync(readFileSync(join(import.meta.dirname, 'workers', file), 'utf8'), { loader: 'ts' }).code;

const setupOf = (file: string, variables: WorkerSetup['variables']): WorkerSetup => ({
  code: codeOf(file),
  ...COMPATIBILITY,
  variables,
  objects: [],
});
