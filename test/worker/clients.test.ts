/** Clients that others generate from the document compile strictly, and work. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { ADA } from '../../src/sandbox/seed/names.ts';
import type { RoundTrip } from '../clients/round-trip.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { send, origin } = await startStack();

const CLIENTS = join(import.meta.dirname, '../clients');
const REPOSITORY = join(import.meta.dirname, '../..');

/** Runs a tool of a package; fails with all it said. */
async function run(folder: string, tool: string, ...args: string[]): Promise<void> {
  const bin = join(folder, 'node_modules/.bin', tool);
  try {
    await promisify(execFile)(process.execPath, [bin, ...args], { cwd: CLIENTS });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${tool}: ${stdout}${stderr}`, { cause: error });
  }
}

beforeAll(async () => {
  const generated = join(CLIENTS, 'generated');
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated);
  writeFileSync(join(generated, 'openapi.json'), (await send('GET', '/openapi.json')).text);
  await Promise.all([
    run(CLIENTS, 'openapi-typescript', 'generated/openapi.json', '-o', 'generated/openapi.ts'),
    run(
      CLIENTS,
      'openapi-ts',
      '-i',
      './generated/openapi.json',
      '-o',
      'generated/hey-api',
      '-c',
      '@hey-api/client-fetch',
    ),
    run(CLIENTS, 'orval', '--config', 'orval.config.mjs'),
  ]);
});

describe('Generated clients', () => {
  test('The client of each of the three generators compiles under strict', async () => {
    await run(REPOSITORY, 'tsc', '-p', '.');
  });

  test.each(['openapi-fetch', 'hey-api', 'orval'])(
    'The client by %s registers, mints, reads, deletes and is refused',
    async (name) => {
      const { roundTrip } = (await import(/* @vite-ignore */ `${CLIENTS}/${name}.ts`)) as {
        roundTrip: RoundTrip;
      };
      const tenant = `by-${name}`;
      expect(await roundTrip({ origin, adminToken: ADMIN_TOKEN, tenant })).toEqual({
        registered: tenant,
        scopes: ['person:read', 'person:delete'],
        listed: 1,
        distinctIds: ADA.distinctIds,
        deletion: { status: 202, state: 'settling' },
        refusals: ['project_not_granted', 'token_missing'],
      });
    },
  );
});
