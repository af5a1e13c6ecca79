/** What has to be there before a Worker is bundled. wrangler runs this, by `[build]` of wrangler.toml. */
import { join } from 'node:path';
import { writeOpenApi } from './openapi.ts';
import { writeSmallZod } from './zod.ts';

export const REPOSITORY = join(import.meta.dirname, '..');

/** Writes it to where wrangler.toml has its `[assets]` and its `[alias]`. */
export async function buildParts(): Promise<void> {
  writeOpenApi(join(REPOSITORY, 'dist/assets'));
  await writeSmallZod(join(REPOSITORY, 'dist/zod'));
}

if (import.meta.main) await buildParts();
