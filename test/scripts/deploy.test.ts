/** What a deploy would upload, for each environment, and that git takes no secret along. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import * as z from 'zod';
import { REPOSITORY } from '../../scripts/worker.ts';
import { makeFolder } from '../support/launcher.ts';

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const Config = z.object({
  name: z.string(),
  vars: z.record(z.string(), z.string()),
  secrets: z.object({ required: z.array(z.string()) }),
  durable_objects: z.unknown(),
  assets: z.unknown(),
  build: z.unknown(),
  alias: z.unknown(),
  migrations: z.unknown(),
  limits: z.unknown(),
  observability: z.unknown(),
  routes: z.unknown(),
  placement: z.unknown(),
});
const configIn = (file: string, env: string) => Config.parse(readConfig({ config: file, env }));
const configOf = (env: string) => configIn(join(REPOSITORY, 'wrangler.toml'), env);
const read = (name: string): string => readFileSync(join(REPOSITORY, name), 'utf8');
const ignored = (name: string): boolean =>
  spawnSync('git', ['check-ignore', '--no-index', '-q', name], { cwd: REPOSITORY }).status === 0;
const ENVIRONMENTS = ['', 'staging', 'production'];
/** Compressed bytes; the first release had 92,000. Far below a platform's limit, but starting takes longer with each. */
const BUNDLE_GZIP_BYTES_MAX = 183_000;
/** Schemas of answers that the Worker writes and never reads: the document and the types are made of them. */
const ONLY_DOCUMENTED = [
  'Tenant',
  'Grant',
  'Whoami',
  'IssuedToken',
  'Token',
  'Explanation',
  'UpstreamCheck',
  'AlarmTest',
  'DeletionBudget',
  'DeletionPreview',
  'CreatedDeletion',
  'DeletionStatus',
  'DeletionDetail',
  'Fuse',
  'Usage',
  'Project',
];

describe.each(ENVIRONMENTS)('The environment "%s"', (env) => {
  test('The environment has the bindings, migrations, secrets and names of variables that the others have', () => {
    const config = configOf(env);
    const first = configOf('');
    expect(config.durable_objects).toEqual(first.durable_objects);
    expect(config.migrations).toEqual(first.migrations);
    expect(config.secrets).toEqual(first.secrets);
    expect(Object.keys(config.vars)).toEqual(Object.keys(first.vars));
    expect([config.limits, config.observability]).toEqual([first.limits, first.observability]);
    expect([config.assets, config.build, config.alias]).toEqual([first.assets, first.build, first.alias]);
  });
});

test('No two environments share a name, or an issuer that would let tokens of one into the other', () => {
  const configs = ENVIRONMENTS.map(configOf);
  expect(new Set(configs.map(({ name }) => name)).size).toBe(3);
  expect(new Set(configs.map(({ vars }) => vars['TOKEN_ISSUER'])).size).toBe(3);
});

test('The lines for a domain and a placement mean what they say once they are in effect', () => {
  const text = read('wrangler.toml');
  const inEffect = text.replaceAll(/^# (?=routes = |\[placement\]|region = )/gm, '');
  const file = join(folder, 'wrangler.toml');
  writeFileSync(file, inEffect);
  const production = configIn(file, 'production');
  expect(production.routes).toEqual([{ pattern: 'gw.example.com', custom_domain: true }]);
  expect(production.placement).toMatchObject({ region: 'aws:us-east-1' });
  expect(production.limits).toEqual(configOf('production').limits);
});

test('A deploy to production goes through without a warning, with a bundle that is not larger than it needs to be', () => {
  const wrangler = join(REPOSITORY, 'node_modules/wrangler/bin/wrangler.js');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [wrangler, 'deploy', '--minify', '--env', 'production', '--dry-run', '--outdir', folder],
    { cwd: REPOSITORY, encoding: 'utf8', env: { ...process.env, WRANGLER_SEND_METRICS: 'false' } },
  );
  expect(status, stderr).toBe(0);
  expect(stdout + stderr).not.toMatch(/warning/i);
  for (const name of ['TENANT', 'DELETION_LOG', 'DIRECTORY', 'SHIELD', 'FUSE', 'ALARMS'])
    expect(stdout).toContain(`env.${name} `);
  const bundle = readFileSync(join(folder, 'index.js'), 'utf8');
  expect(gzipSync(bundle).length).toBeLessThan(BUNDLE_GZIP_BYTES_MAX);
  expect(bundle).toContain('id:"TokenRequest"');
  for (const name of ONLY_DOCUMENTED) expect(bundle).not.toContain(`id:"${name}"`);
});

test('The console of each environment is bound to the entrypoint of the gateway of the same one, and reached by nobody at first', () => {
  const Bound = z.object({
    name: z.string(),
    compatibility_date: z.string(),
    workers_dev: z.boolean(),
    routes: z.undefined(),
    vars: z.record(z.string(), z.string()),
    services: z.array(z.object({ binding: z.string(), service: z.string(), entrypoint: z.string() })),
  });
  for (const env of ENVIRONMENTS) {
    const bound = Bound.parse(readConfig({ config: join(REPOSITORY, 'wrangler.console.toml'), env }));
    const service = configOf(env).name;
    expect(bound.services).toEqual([{ binding: 'GATEWAY', service, entrypoint: 'OperatorEntrypoint' }]);
    expect(bound.name).toBe(service.replace('hedgerow', 'hedgerow-console'));
    expect(bound.workers_dev).toBe(false);
    expect(Object.keys(bound.vars)).toEqual(['ACCESS_TEAM', 'ACCESS_AUDIENCE', 'ACCESS_OPERATORS']);
  }
});

test('The ignore list of git has every file that holds secrets, and keeps the example', () => {
  for (const name of [
    'secrets.json',
    'secrets.staging.json',
    '.env',
    '.env.local',
    '.dev.vars',
    '.dev.vars.staging',
  ]) {
    expect(ignored(name), name).toBe(true);
  }
  expect(ignored('.dev.vars.example')).toBe(false);
});

test('The example of .dev.vars asks for the secrets and nothing else, and each has a help text for the deploy button', () => {
  const asked = [...read('.dev.vars.example').matchAll(/^([A-Z_]+)=$/gm)].map(([, name]) => name);
  expect(asked).toEqual(configOf('').secrets.required);
  const Package = z.object({
    cloudflare: z.object({ bindings: z.record(z.string(), z.object({ description: z.string().min(20) })) }),
  });
  expect(Object.keys(Package.parse(JSON.parse(read('package.json'))).cloudflare.bindings)).toEqual(
    expect.arrayContaining(asked),
  );
});

test('The README has every variable and secret in its table', () => {
  const readme = read('README.md');
  const { vars, secrets } = configOf('');
  for (const name of [...Object.keys(vars), ...secrets.required]) {
    expect(readme).toContain(`\n| \`${name}\` |`);
  }
});
