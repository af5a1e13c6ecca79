/** `npm run deploy`: wrangler deploys the gateway, placed where `OBJECTS_LOCATION` has its objects, and then the console. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { unstable_readConfig as readConfig } from 'wrangler';
import * as z from 'zod';
import { LOCATIONS, type Location } from '../src/core/placement.ts';
import { REPOSITORY } from './build.ts';

const WRANGLER = join(REPOSITORY, 'node_modules/wrangler/bin/wrangler.js');
/** Stands beside the one it is made from, because paths in it are relative. */
const PLACED_CONFIG = 'wrangler.placed.toml';
const CONSOLE_CONFIG = 'wrangler.console.toml';

/** The region of a cloud that is nearest to the middle of each location: a Worker is placed by those. */
export const REGIONS: Readonly<Record<Location, string>> = {
  wnam: 'aws:us-west-2',
  enam: 'aws:us-east-1',
  sam: 'aws:sa-east-1',
  weur: 'aws:eu-central-1',
  eeur: 'gcp:europe-central2',
  apac: 'aws:ap-southeast-1',
  'apac-ne': 'aws:ap-northeast-1',
  'apac-se': 'aws:ap-southeast-1',
  oc: 'aws:ap-southeast-2',
  afr: 'aws:af-south-1',
  me: 'aws:me-central-1',
};

const Deployed = z.object({
  vars: z.object({ OBJECTS_LOCATION: z.string().default('') }),
  placement: z.unknown(),
});

/**
 * The configuration with a placement for one environment, or null where it stays as it is: it has a placement of its
 * own, or names no location. @throws where the location is none.
 */
export function placedConfig(file: string, env: string | undefined): string | null {
  const { vars, placement } = Deployed.parse(readConfig({ config: file, env }));
  if (placement !== undefined || vars.OBJECTS_LOCATION === '') return null;
  const location = LOCATIONS.find((each) => each === vars.OBJECTS_LOCATION);
  if (location === undefined)
    throw new Error(`OBJECTS_LOCATION must be one of ${LOCATIONS.join(', ')}, or empty.`);
  // Before the first table: every environment inherits it.
  return `placement = { region = "${REGIONS[location]}" }\n${readFileSync(file, 'utf8')}`;
}

/** Runs `wrangler deploy` with these arguments and returns its status. */
export type Wrangler = (args: readonly string[]) => number;

/** Deploys what the wrangler.toml of the folder says, with the arguments of `wrangler deploy`. Returns wrangler's status. */
export function deploy(folder: string, args: readonly string[], wrangler: Wrangler): number {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: { env: { type: 'string', short: 'e' }, config: { type: 'string', short: 'c' } },
  });
  const env = typeof values.env === 'string' ? values.env : process.env['CLOUDFLARE_ENV'];
  const placed = values.config === undefined ? placedConfig(join(folder, 'wrangler.toml'), env) : null;
  if (placed === null) return wrangler(args);
  const file = join(folder, PLACED_CONFIG);
  writeFileSync(file, placed);
  try {
    return wrangler(['--config', file, ...args]);
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Deploys the gateway, and the console that is bound to it. With a `--config` of one's own that alone is deployed. Returns the
 * status of what went wrong first.
 */
export function deployAll(folder: string, args: readonly string[], wrangler: Wrangler): number {
  const status = deploy(folder, args, wrangler);
  const asked = consoleArguments(args);
  if (status !== 0 || asked === null) return status;
  return wrangler(['--config', join(folder, CONSOLE_CONFIG), ...asked]);
}

/** The console is in the same environment. It gets nothing else: a file of secrets is the gateway's. */
function consoleArguments(args: readonly string[]): readonly string[] | null {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: {
      env: { type: 'string', short: 'e' },
      config: { type: 'string', short: 'c' },
      'dry-run': { type: 'boolean' },
    },
  });
  if (values.config !== undefined) return null;
  return [
    ...(typeof values.env === 'string' ? ['--env', values.env] : []),
    ...(values['dry-run'] === true ? ['--dry-run'] : []),
  ];
}

const runWrangler: Wrangler = (args) =>
  spawnSync(process.execPath, [WRANGLER, 'deploy', '--minify', ...args], { stdio: 'inherit' }).status ?? 1;

if (import.meta.main) process.exitCode = deployAll(REPOSITORY, process.argv.slice(2), runWrangler);
