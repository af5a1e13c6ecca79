/** What has to be there before a Worker is bundled. wrangler runs this, by `[build]` of the wrangler.toml of each. */
import { join } from 'node:path';
import { writeConsoleAssets } from './console-assets.ts';
import { writeOpenApi } from './openapi.ts';
import { REPOSITORY } from './repository.ts';

export { REPOSITORY };

/** Writes it to where the wrangler.toml of each Worker has its `[assets]`. */
export async function buildParts(): Promise<void> {
  writeOpenApi(join(REPOSITORY, 'dist/assets'));
  await writeConsoleAssets(join(REPOSITORY, 'dist/console'));
}

if (import.meta.main) await buildParts();
