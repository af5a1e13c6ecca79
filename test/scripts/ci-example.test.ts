/** The example of a CI: a workflow whose commands are there, and a check of a deployment that tells right from wrong. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';
import { parse } from 'yaml';
import * as z from 'zod';
import { REPOSITORY } from '../../scripts/worker.ts';
import { runExample } from '../support/example.ts';
import { pickPort } from '../support/launcher.ts';
import { ADMIN_TOKEN, KEY } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { origin, sandbox } = await startStack();

/** The part of GitHub's schema of a workflow that the example keeps to: a member that does not exist is refused. */
const Workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({
    push: z.strictObject({ branches: z.array(z.string()) }),
    pull_request: z.null(),
  }),
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      'runs-on': z.literal('ubuntu-latest'),
      needs: z.string().optional(),
      if: z.string().optional(),
      environment: z.string().optional(),
      'timeout-minutes': z.int().max(60),
      steps: z.array(
        z.union([
          z.strictObject({
            uses: z.string().regex(/^actions\/[a-z-]+@v\d+$/),
            with: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
          }),
          z.strictObject({ run: z.string(), env: z.record(z.string(), z.string()).optional() }),
        ]),
      ),
    }),
  ),
});

const TEXT = readFileSync(join(REPOSITORY, 'examples/ci/github-actions.yml'), 'utf8');
const { jobs } = Workflow.parse(parse(TEXT));
const runsOf = (job: string) => (jobs[job]?.steps ?? []).flatMap((step) => ('run' in step ? [step] : []));

describe('The workflow', () => {
  test('The workflow tests, deploys to staging, checks it, and only then deploys to production', () => {
    expect(Object.entries(jobs).map(([name, { needs }]) => [name, needs])).toEqual([
      ['test', undefined],
      ['staging', 'test'],
      ['production', 'staging'],
    ]);
    for (const name of ['staging', 'production']) {
      expect(jobs[name]?.environment).toBe(name);
      expect(runsOf(name).map(({ run }) => run)).toEqual([
        'npm ci',
        `npm run deploy -- --env ${name}`,
        'sh examples/ci/check.sh',
      ]);
      expect(readConfig({ config: join(REPOSITORY, 'wrangler.toml'), env: name })).toHaveProperty(
        'name',
        `hedgerow-${name}`,
      );
    }
  });

  test('Every command of the workflow is there', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')));
    const missing = Object.keys(jobs)
      .flatMap(runsOf)
      .map(({ run }) => run)
      .filter((run) => {
        const [, script] = /^npm (?:run )?([a-z:]+)/.exec(run) ?? [];
        const [, file] = /^sh (\S+)$/.exec(run) ?? [];
        if (script !== undefined) return script !== 'ci' && scripts[script] === undefined;
        return file === undefined || !existsSync(join(REPOSITORY, file));
      });
    expect(missing).toEqual([]);
  });

  test('Secrets are given to the steps that need them, never to tests and never to a pull request', () => {
    for (const [name, job] of Object.entries(jobs)) {
      const given = job.steps.filter((step) => JSON.stringify(step).includes('secrets.'));
      if (name === 'test') expect(given).toEqual([]);
      else expect([given.length, job.if]).toEqual([2, "github.event_name == 'push'"]);
    }
    expect(TEXT).not.toContain('pull_request_target');
  });
});

const check = (environment: NodeJS.ProcessEnv) =>
  runExample('sh', ['examples/ci/check.sh'], {
    HEDGEROW_URL: origin,
    HEDGEROW_ADMIN_TOKEN: ADMIN_TOKEN,
    HEDGEROW_PROJECT: '1',
    HEDGEROW_TRIES: '1',
    ...environment,
  });

describe('The check of a deployment', () => {
  beforeEach(() => sandbox.reset());

  test('A gateway whose key can do everything passes the check', async () => {
    const { status, printed, errors } = await check({});
    expect(status, errors).toBe(0);
    expect(printed).toContain(`The gateway at ${origin} is configured.`);
  });

  test('A key that lacks a scope fails the check, which names the scope', async () => {
    await sandbox.reset({ keys: [{ key: KEY, scopes: ['person:read'] }] });
    const { status, errors } = await check({});
    expect(status).toBe(1);
    expect(errors).toContain('"scope":"cohort:read"');
  });

  test('A gateway that does not answer, and a wrong admin token, fail the check with what came instead', async () => {
    const away = await check({ HEDGEROW_URL: `http://127.0.0.1:${await pickPort()}` });
    expect([away.status, away.errors]).toEqual([1, expect.stringContaining('GET /healthz answered 000')]);
    const wrong = await check({ HEDGEROW_ADMIN_TOKEN: 'another-token-of-enough-length' });
    expect([wrong.status, wrong.errors]).toEqual([1, expect.stringContaining('admin_token_invalid')]);
  });

  test('A gateway without tenants fails the check unless a project is named', async () => {
    const { status, errors } = await check({ HEDGEROW_PROJECT: '' });
    expect([status, errors]).toEqual([1, expect.stringContaining('no tenant is registered')]);
  });

  test('A check without an address or a token says which is missing', async () => {
    for (const name of ['HEDGEROW_URL', 'HEDGEROW_ADMIN_TOKEN']) {
      const { status, errors } = await check({ [name]: '' });
      expect(status).not.toBe(0);
      expect(errors).toContain(name);
    }
  });
});
