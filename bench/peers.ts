/** The Workers the gateway is held against. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { COMPATIBILITY, type PostHog } from './gateway.ts';
import type { WorkerSetup } from './workerd.ts';

/** Passes everything on with the key put in, and does nothing else. */
export const bareSetup = (postHog: PostHog): WorkerSetup =>
  setupOf('bare.ts', { POSTHOG_HOST: postHog.origin, POSTHOG_PERSONAL_API_KEY: postHog.key });

/** Answers `ok`. */
export const emptySetup = (): WorkerSetup => setupOf('empty.ts', {});

const setupOf = (file: string, variables: WorkerSetup['variables']): WorkerSetup => ({
  code: transformSync(readFileSync(join(import.meta.dirname, 'workers', file), 'utf8'), { loader: 'ts' })
    .code,
  ...COMPATIBILITY,
  variables,
  objects: [],
});
