/** The check that runs before the scripts, on a Node that may be too old for them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from '../../scripts/worker.ts';

const CHECK = join(REPOSITORY, 'scripts/check-node.cjs');
const on = (version: string) =>
  spawnSync(process.execPath, [
    '-e',
    `Object.defineProperty(process.versions, 'node', { value: '${version}' }); require(${JSON.stringify(CHECK)});`,
  ]);

test.each(['18.20.0', '20.20.2', '22.17.1', '23.11.0'])('Node %s is refused in one sentence', (version) => {
  const { status, stderr } = on(version);
  expect(status).toBe(1);
  expect(String(stderr)).toMatch(/^Hedgerow needs Node 22\.18 or newer .*; this is Node [\d.]+\.\n$/);
});

test.each(['22.18.0', '22.21.0', '24.0.0', '26.1.0'])('Node %s is let through', (version) => {
  expect(on(version)).toMatchObject({ status: 0 });
});

test('The README names the version that is checked, and package.json the older one that its client runs on', () => {
  expect(readFileSync(join(REPOSITORY, 'README.md'), 'utf8')).toContain('Node 22.18');
  expect(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')).toContain('"node": ">=20"');
});
