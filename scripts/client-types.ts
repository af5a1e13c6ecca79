/** Writes the types of the client, generated from the OpenAPI document. `npm run docs` runs it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from './build.ts';
import { writeOpenApi } from './openapi.ts';

export const CLIENT_TYPES = join(REPOSITORY, 'src/client/generated/openapi.ts');

/** In a workspace of its own, beside the TypeScript 5 that it needs. */
const GENERATOR = join(REPOSITORY, 'test/clients/node_modules/.bin/openapi-typescript');

/** The types as they have to be now. */
export function clientTypes(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-types-'));
  try {
    writeOpenApi(folder);
    const types = join(folder, 'openapi.ts');
    execFileSync(process.execPath, [GENERATOR, join(folder, 'openapi.json'), '-o', types, '--immutable'], {
      stdio: 'pipe',
    });
    return readFileSync(types, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) writeFileSync(CLIENT_TYPES, clientTypes());
