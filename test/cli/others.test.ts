/** The commands that explain, count and complete. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine, factsOf, rowsOf } from '../support/cli.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { origin, tenants } = await startStack();
const { run, folder } = await commandLine(origin);
const { tenant, token } = await tenants.fresh();

describe('The command explain', () => {
  test('The command explain says what would be sent, and ends with 6 where nothing would', async () => {
    const allowed = await run(['explain', 'get', '/api/projects/1/persons/?search=ada'], { token });
    expect(allowed).toMatchObject({ code: 0 });
    expect(factsOf(allowed)).toMatchObject({ allowed: 'yes', 'query search': 'ada' });
    const refused = await run(['explain', 'GET', '/api/projects/2/persons/'], { token });
    expect(refused).toMatchObject({ code: 6 });
    expect(factsOf(refused)).toMatchObject({ allowed: 'no', code: 'project_not_granted' });
    const body = JSON.stringify({ distinct_ids: ['x'] });
    const post = ['explain', 'POST', '/api/projects/1/persons/bulk_delete/', '--body', body, '--json'];
    expect(JSON.parse((await run(post, { token })).out)).toMatchObject({ allowed: true });
    expect(await run(['explain', 'FETCH', '/'], { token })).toMatchObject({ code: 2 });
    expect(await run(['explain', 'GET', '/', '--body', '{'], { token })).toMatchObject({ code: 2 });
  });
});

describe('The commands usage and upstream', () => {
  test('The command usage shows a token its own and the operator those of a tenant', async () => {
    await run(['persons', 'list'], { token });
    const own = await run(['usage', '--by', 'day'], { token });
    expect(own).toMatchObject({ code: 0 });
    expect(rowsOf(own)[0]?.slice(0, 3)).toEqual(['FROM', 'TOKEN', 'ADMITTED']);
    const boss = await run(['usage', '--tenant', tenant, '--json'], { token: ADMIN_TOKEN });
    expect(Array.isArray(JSON.parse(boss.out))).toBe(true);
    expect(await run(['usage'], { token: ADMIN_TOKEN })).toMatchObject({ code: 2 });
    expect(await run(['usage', '--from', 'yesterday'], { token })).toMatchObject({ code: 6 });
  });

  test('The command upstream shows the quotas of PostHog, with who used them', async () => {
    await run(['persons', 'list'], { token });
    const ran = await run(['upstream'], { token: ADMIN_TOKEN });
    expect(ran).toMatchObject({ code: 0 });
    expect(rowsOf(ran)).toContainEqual(expect.arrayContaining(['reads']));
    const json = await run(['upstream', '--project', '1', '--json'], { token: ADMIN_TOKEN });
    expect(JSON.parse(json.out)).toMatchObject({ projects: [{ project_id: 1 }] });
    expect(await run(['upstream'], { token })).toMatchObject({ code: 4 });
  });
});

const completed = async (...words: string[]): Promise<readonly string[]> => {
  const { out } = await run(['completion', 'bash']);
  const typed = words.map((word) => `'${word}'`).join(' ');
  const script = `${out}\nCOMP_WORDS=(hedgerow ${typed}); COMP_CWORD=${words.length}; _hedgerow; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
};

describe('The command completion', () => {
  test('A completion in bash offers commands, options and their values, where the words lead', async () => {
    expect(await completed('dele')).toEqual(['deletions']);
    expect(await completed('tenants', 's')).toEqual(['set', 'suspend']);
    expect(await completed('--json', 'tokens', 'm')).toEqual(['mint']);
    expect(await completed('deletions', 'list', '--st')).toEqual(['--state']);
    expect(await completed('deletions', 'list', '--state', 's')).toEqual(['sending', 'settling']);
    expect(await completed('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });

  test.each(['zsh', 'fish'])('A completion for %s names every command', async (shell) => {
    const { out, code } = await run(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['tenants', 'mint', 'abandon', 'settling', '--distinct-ids'])
      expect(out).toContain(shell === 'fish' ? word.replace(/^--/, '') : word);
    expect(await run(['completion', 'csh'])).toMatchObject({ code: 2 });
  });

  test.skipIf(!existsSync('/usr/bin/zsh'))(
    'A completion for zsh that is read from fpath offers words the first time it is asked, and so does a sourced one',
    async () => {
      const { out } = await run(['completion', 'zsh']);
      writeFileSync(join(folder, '_hedgerow'), out);
      const asked = 'words=(hedgerow tokens); CURRENT=3; _hedgerow';
      const stubs = 'compdef() { completed=$1 }; _describe() { print -l -- "${(@P)2}" }';
      for (const read of [`fpath=(${folder}); autoload -Uz _hedgerow`, `source ${folder}/_hedgerow`]) {
        const offered = execFileSync('zsh', ['-fc', `${stubs}; ${read}; ${asked}`], { encoding: 'utf8' });
        expect(offered.split('\n').map((line) => line.split(':')[0])).toEqual(
          expect.arrayContaining(['mint', 'list', 'revoke', '--json']),
        );
      }
    },
  );
});
