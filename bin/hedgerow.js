#!/usr/bin/env node
// In the package the command line is there; in a checkout it is built from its source on each run, in less than a blink.
import { existsSync } from 'node:fs';

// oxlint-disable-next-line typescript/no-unsafe-call -- no project has the types of a plain script
if (existsSync(new URL('../src/cli/main.ts', import.meta.url))) {
  await import('../scripts/check-node.cjs');
  const { buildCli } = await import('../scripts/build-cli.ts');
  await buildCli();
}
await import('../dist/cli/hedgerow.js');
