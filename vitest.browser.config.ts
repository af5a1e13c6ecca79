/** `npm run test:browser`: what only a real browser shows. Needs Chromium; `CHROMIUM` says where it is. */
import { defineConfig } from 'vitest/config';

process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false';
process.env['WRANGLER_SEND_METRICS'] = 'false';

/** Milliseconds. Nothing here is timed; a slow or shared machine must not fail a test. */
const PATIENCE = 120_000;

export default defineConfig({
  test: {
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    testTimeout: PATIENCE,
    hookTimeout: PATIENCE,
    // Each file has a browser and Workers of its own.
    maxWorkers: 1,
  },
});
