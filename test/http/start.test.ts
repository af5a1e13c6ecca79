/** What a gateway does before its first request: the way of a read is made ready, and what only documents is not there. */
import { expect, test, vi } from 'vitest';
import * as z from 'zod';

/** There are about two thousand. Those that remain are what a token, a tenant and the configuration are read by. */
const SCHEMAS_AT_START_MAX = 450;

test('A gateway starts with few schemas, and makes those of an operation when it is first called', async () => {
  let made = 0;
  const config: { postProcessor?: ((schema: unknown) => void) | undefined } = z.config();
  config.postProcessor = () => {
    made += 1;
  };
  // Files that ran before have loaded the gateway.
  vi.resetModules();
  await import('../../src/config.ts');
  const { ROUTES } = await import('../../src/http/routes.ts');
  await import('../../src/http/router.ts');
  expect(ROUTES.length).toBeGreaterThan(50);
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(SCHEMAS_AT_START_MAX);

  const { CATALOGUE } = await import('../../src/catalogue/index.ts');
  const before = made;
  const inputs = CATALOGUE.map(({ input }) => input);
  expect(made - before).toBeGreaterThan(300);
  const after = made;
  expect(CATALOGUE.every(({ input }, i) => input === inputs[i])).toBe(true);
  expect(made).toBe(after);
  config.postProcessor = undefined;
});
