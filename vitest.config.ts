import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

// Runs reach no network: workerd would ask Cloudflare for a sample `request.cf`, and the tools would send usage.
process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false';
process.env['WRANGLER_SEND_METRICS'] = 'false';

/** Milliseconds. Nothing here is timed; a slow or shared machine must not fail a test. */
const PATIENCE = 60_000;

const object = (className: string) => ({ className, useSQLite: true });

export default defineConfig({
  test: {
    // A test that ends all objects by force may end one of a test that is over, whose last call nobody waits for.
    onUnhandledError: ({ message }) => message !== 'Application called abortAllDurableObjects().',
    // Files wait for their own workerd much of the time: one for each core, where one less would be the default.
    maxWorkers: '100%',
    projects: [
      {
        // Objects that run in Node, for tests of thousands of their lives.
        resolve: {
          alias: {
            'cloudflare:workers': new URL('test/support/model/cloudflare-workers.ts', import.meta.url)
              .pathname,
          },
        },
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/objects/**', 'test/clients/**', 'test/browser/**'],
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: './test/objects/entry.ts',
            miniflare: {
              compatibilityDate: '2026-10-20',
              durableObjects: {
                TENANT: object('Tenant'),
                DELETION_LOG: object('DeletionLog'),
                DIRECTORY: object('Directory'),
                SHIELD: object('Shield'),
                FUSE: object('Fuse'),
                ALARMS: object('Alarms'),
              },
            },
          }),
        ],
        test: {
          name: 'workerd',
          // Each file starts a workerd of its own, about a second: few files, and a fresh object name in each test.
          include: ['test/objects/**/*.test.ts'],
          testTimeout: PATIENCE,
          hookTimeout: PATIENCE,
        },
      },
    ],
  },
});
