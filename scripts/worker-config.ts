/**
 * What a wrangler.toml says to those who run its Worker locally. Read without wrangler, which takes a second to load; wrangler
 * checks the file at each build and each deploy.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod';
import { REPOSITORY } from './repository.ts';

/** What a wrangler.toml says that matters here. */
export const WorkerFile = z.object({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()).default([]),
  vars: z.record(z.string(), z.string()).default({}),
  durable_objects: z
    .object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) })
    .default({ bindings: [] }),
  services: z
    .array(z.object({ binding: z.string(), service: z.string(), entrypoint: z.string().optional() }))
    .default([]),
  secrets: z.object({ required: z.array(z.string()) }).default({ required: [] }),
  assets: z.object({ directory: z.string(), binding: z.string() }).optional(),
  migrations: z.array(z.object({ new_sqlite_classes: z.array(z.string()).default([]) })).default([]),
});
export type WorkerConfig = z.output<typeof WorkerFile> & {
  /** Where the file is: paths in it are relative. */
  readonly folder: string;
};

/** Reads a wrangler.toml, by its path below the repository. `main` is a whole path in what is returned. */
export function readWorkerConfig(path: string): WorkerConfig {
  const file = join(REPOSITORY, path);
  const folder = dirname(file);
  const config = WorkerFile.parse(parse(readFileSync(file, 'utf8')));
  return { ...config, main: join(folder, config.main), folder };
}

/** Secrets of the gateway that it serves without; a wrangler.toml can only list those that it does not. */
const OPTIONAL_SECRETS = ['ADMIN_TOKENS', 'ALARM_WEBHOOK_SECRETS'];

/** Every variable and secret of the gateway, whose wrangler.toml this is. */
export const settingNames = ({ vars, secrets }: WorkerConfig): string[] => [
  ...Object.keys(vars),
  ...secrets.required,
  ...OPTIONAL_SECRETS,
];
