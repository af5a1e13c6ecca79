/** What has to be there before a Worker is bundled. wrangler runs this, by `[build]` of wrangler.toml. */
import { join } from 'node:path';
import { writeOpenApi } from './openapi.ts';

export const REPOSITORY = join(import.meta.dirname, '..');

/** Writes it to where wrangler.toml has its `[assets]`. */
export function buildParts(): void {
  writeOpenApi(join(REPOSITORY, 'dist/assets'));
}

if (import.meta.main) buildParts();
