/** Local runs read their wrangler.toml without wrangler, and a deploy with it: both have to read the same. */
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { REPOSITORY } from '../../scripts/repository.ts';
import { readWorkerConfig, WorkerFile } from '../../scripts/worker-config.ts';

const FILES = ['wrangler.toml', 'wrangler.console.toml', 'src/sandbox/wrangler.toml'];

test.each(FILES)('Local runs read the same of %s as wrangler', (file) => {
  const { folder, ...ours } = readWorkerConfig(file);
  const path = join(REPOSITORY, file);
  expect(folder).toBe(dirname(path));
  expect(ours).toEqual(WorkerFile.parse(readConfig({ config: path })));
});
