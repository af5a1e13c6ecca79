/** `npm run deploy` places the Worker where its objects stand, from the one variable that says so. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import * as z from 'zod';
import { deploy, deployAll, REGIONS } from '../../scripts/deploy.ts';
import { REPOSITORY } from '../../scripts/worker.ts';
import { LOCATIONS } from '../../src/core/placement.ts';
import { makeFolder } from '../support/launcher.ts';

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TEXT = readFileSync(join(REPOSITORY, 'wrangler.toml'), 'utf8');
const [BASE = '', STAGING = ''] = TEXT.split(/(?=^\[env\.staging\])/m);
const at = (text: string, location: string): string =>
  text.replaceAll('OBJECTS_LOCATION = ""', `OBJECTS_LOCATION = "${location}"`);

/** What wrangler is given for a wrangler.toml. */
interface Deployed {
  readonly args: readonly string[];
  readonly region: string | null;
  readonly status: number;
}

const Config = z.object({ placement: z.object({ region: z.string().optional() }).optional() });

function deployed(text: string, args: readonly string[]): Deployed {
  const standing = join(folder, 'wrangler.toml');
  writeFileSync(standing, text);
  let seen: Omit<Deployed, 'status'> | null = null;
  const status = deploy(folder, args, (given) => {
    const config = given[0] === '--config' ? (given[1] ?? '') : standing;
    const env = given.includes('staging') ? 'staging' : '';
    const { placement } = Config.parse(readConfig({ config, env }));
    seen = { args: given, region: placement?.region ?? null };
    return 7;
  });
  if (seen === null) throw new Error('wrangler was not run');
  return { ...(seen as Omit<Deployed, 'status'>), status };
}

describe('The placement of the Worker', () => {
  test.each(LOCATIONS)(
    'A Worker whose objects are in %s is placed in the region that belongs to it',
    (location) => {
      expect(deployed(at(TEXT, location), []).region).toBe(REGIONS[location]);
    },
  );

  test('Objects beside the US Cloud place the Worker in its region, and those beside the EU Cloud in that one', () => {
    expect(deployed(at(TEXT, 'enam'), []).region).toBe('aws:us-east-1');
    expect(deployed(at(TEXT, 'weur'), []).region).toBe('aws:eu-central-1');
  });

  test('Each environment is placed by its own variable', () => {
    const text = at(BASE, 'enam') + at(STAGING, 'weur');
    expect(deployed(text, []).region).toBe('aws:us-east-1');
    for (const args of [
      ['--env', 'staging'],
      ['-e', 'staging'],
    ])
      expect(deployed(text, args).region).toBe('aws:eu-central-1');
  });

  test('The arguments and the status of wrangler are passed on, and no file is left behind', () => {
    const { args, status } = deployed(at(TEXT, 'weur'), ['--env', 'staging', '--dry-run']);
    expect(args.slice(2)).toEqual(['--env', 'staging', '--dry-run']);
    expect(status).toBe(7);
    expect(existsSync(join(folder, 'wrangler.placed.toml'))).toBe(false);
  });

  test('Nothing is placed where no location is named, and a placement of the file goes before the location', () => {
    expect(deployed(TEXT, ['--dry-run'])).toEqual({ args: ['--dry-run'], region: null, status: 7 });
    const own = `placement = { region = "gcp:europe-north1" }\n${at(TEXT, 'weur')}`;
    expect(deployed(own, [])).toEqual({ args: [], region: 'gcp:europe-north1', status: 7 });
  });

  test('A location that the platform does not have is refused before anything is deployed', () => {
    expect(() => deployed(at(TEXT, 'frankfurt'), [])).toThrow('OBJECTS_LOCATION must be one of wnam, enam, ');
  });
});

describe('The console', () => {
  const deployedAll = (args: readonly string[], statuses: readonly number[] = [0, 0]) => {
    writeFileSync(join(folder, 'wrangler.toml'), TEXT);
    const given: (readonly string[])[] = [];
    const status = deployAll(folder, args, (one) => statuses[given.push(one) - 1] ?? 1);
    return { given, status };
  };
  const config = join(folder, 'wrangler.console.toml');

  test('The console is deployed after the gateway into the same environment, and never gets its file of secrets', () => {
    const args = ['--env', 'production', '--secrets-file', 'secrets.json', '--dry-run'];
    expect(deployedAll(args)).toEqual({
      given: [args, ['--config', config, '--env', 'production', '--dry-run']],
      status: 0,
    });
    expect(deployedAll([]).given).toEqual([[], ['--config', config]]);
  });

  test('The console is not deployed where the gateway could not be, nor beside another configuration', () => {
    expect(deployedAll([], [3])).toEqual({ given: [[]], status: 3 });
    expect(deployedAll(['--config', 'x.toml']).given).toHaveLength(1);
    expect(deployedAll([], [0, 4]).status).toBe(4);
  });
});

test('The command that deploys is the one that places the Worker', () => {
  const Package = z.object({ scripts: z.record(z.string(), z.string()) });
  const { scripts } = Package.parse(JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')));
  expect(scripts['deploy']).toMatch(/ node scripts\/deploy\.ts$/);
});
