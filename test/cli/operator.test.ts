/** What operators do at the command line: tenants and tokens. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { commandLine, factsOf, rowsOf, type RunOptions } from '../support/cli.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { origin, admin, tenants, get } = await startStack();
const { run, runOnTerminal, folder } = await commandLine(origin);
const boss = (args: readonly string[], options: RunOptions = {}) =>
  run(args, { token: ADMIN_TOKEN, ...options });
const record = async (tenant: string) =>
  (await admin('GET', `/${tenant}`)).json as { readonly rate: object; readonly name: string };

describe('The command tenants', () => {
  test('A tenant is registered, shown, listed, suspended, resumed and removed', async () => {
    const made = ['tenants', 'set', 'lived', 'name=Lived', 'project_id=1', 'scopes=person:read,cohort:read'];
    const set = await boss([...made, '--yes']);
    expect(set).toMatchObject({ code: 0 });
    expect(set.err).toContain('+ scopes ["person:read","cohort:read"]');
    expect(factsOf(await boss(['tenants', 'get', 'lived']))).toMatchObject({
      name: 'Lived',
      scopes: 'person:read, cohort:read',
      state: 'in force',
    });
    expect(rowsOf(await boss(['tenants', 'list']))).toContainEqual(
      expect.arrayContaining(['lived', 'Lived', '1', 'in force']),
    );
    expect(factsOf(await boss(['tenants', 'suspend', 'lived', '--yes']))).toMatchObject({
      state: 'suspended',
    });
    expect(factsOf(await boss(['tenants', 'resume', 'lived']))).toMatchObject({ state: 'in force' });
    expect(await boss(['tenants', 'remove', 'lived', '--yes'])).toMatchObject({ code: 0, out: '' });
    expect(await boss(['tenants', 'get', 'lived'])).toMatchObject({ code: 5, out: '' });
    expect((await boss(['tenants', 'list'])).out).not.toContain('lived');
    expect((await boss(['tenants', 'list', '--removed'])).out).toMatch(/lived .* removed /);
  });

  test('A tenant that is removed with --json is named, with the registration that has ended', async () => {
    await tenants.put('told');
    const { registration } = JSON.parse((await boss(['tenants', 'get', 'told', '--json'])).out) as {
      registration: string;
    };
    const ran = await boss(['tenants', 'remove', 'told', '--yes', '--json']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ran.out)).toEqual({ tenant: 'told', registration, removed: true });
  });

  test('A change shows what was and what will be, and changes nothing else', async () => {
    await tenants.put('changed', { rate: { requests_per_minute: 60, burst: 7 } });
    const ran = await boss(['tenants', 'set', 'changed', 'rate.burst=8', '--json', '--yes']);
    expect(ran.err).toBe('- rate.burst 7\n+ rate.burst 8\n');
    expect(JSON.parse(ran.out)).toMatchObject({ rate: { requests_per_minute: 60, burst: 8 } });
    const same = await boss(['tenants', 'set', 'changed', 'rate.burst=8']);
    expect(same).toMatchObject({ code: 0 });
    expect(same.err).toBe('Nothing changes.\n');
  });

  test('A whole record comes from a file or stdin, and what it leaves out is shown as set back', async () => {
    await tenants.put('filed', { weight: 9 });
    const document = { name: 'Filed', project_id: 1, scopes: ['person:read'] };
    const file = join(folder, 'record.json');
    writeFileSync(file, JSON.stringify(document));
    const ran = await boss(['tenants', 'set', 'filed', '--file', file, '--yes']);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.err).toContain('- weight 9\n+ weight the default\n');
    expect(await record('filed')).toMatchObject({ name: 'Filed', weight: 1 });
    const again = await boss(['tenants', 'set', 'filed', '--file', '-', '--yes'], {
      input: JSON.stringify({ ...document, name: 'Piped' }),
    });
    expect(again).toMatchObject({ code: 0 });
    expect(await record('filed')).toMatchObject({ name: 'Piped' });
    for (const text of ['[]', '{', ''])
      expect(await boss(['tenants', 'set', 'filed', '--file', '-'], { input: text })).toMatchObject({
        code: 2,
      });
    expect(await boss(['tenants', 'set', 'filed', '--file', join(folder, 'none')])).toMatchObject({
      code: 2,
    });
    expect(await boss(['tenants', 'set', 'filed'])).toMatchObject({ code: 2 });
    expect(await boss(['tenants', 'set', 'filed', 'burst'])).toMatchObject({ code: 2 });
  });

  test('The requests that were refused last are listed with why', async () => {
    const { tenant, token } = await tenants.fresh({ scopes: ['person:read'] });
    const answer = await get(token, '/api/projects/1/persons/cohorts/?person_id=1');
    const id = String(answer.headers['x-request-id']);
    const row = await until('the refusal is shown', async () =>
      rowsOf(await boss(['tenants', 'refusals', tenant])).find((cells) => cells.includes(id)),
    );
    expect(row).toEqual(
      expect.arrayContaining(['GET persons_cohorts', 'scope_missing', 'lacks cohort:read', id]),
    );
    const inJson = await boss(['tenants', 'refusals', tenant, '--json']);
    expect(JSON.parse(inJson.out)).toMatchObject([{ code: 'scope_missing', request_id: id }]);
    expect(await boss(['tenants', 'refusals', 'never-registered'])).toMatchObject({ code: 5, out: '' });
    expect(await run(['tenants', 'refusals', tenant], { token })).toMatchObject({ code: 4, out: '' });
  });

  test('A record that somebody else changes while the question stands is not overwritten, and both sides are shown', async () => {
    await tenants.put('shared', { name: 'As read', rate: { requests_per_minute: 60, burst: 5 } });
    const ran = await runOnTerminal(
      ['tenants', 'set', 'shared', 'rate.burst=6'],
      [
        [
          'Change shared like this?',
          async () => {
            await admin('PATCH', '/shared', { name: 'As it is now' });
            return 'y';
          },
        ],
      ],
      { token: ADMIN_TOKEN },
    );
    expect(ran.code).toBe(6);
    expect(ran.out).toMatch(/name +"As read" +"As it is now" +"As read"/);
    expect(ran.out).toMatch(/rate\.burst +5 +5 +6/);
    expect(await record('shared')).toMatchObject({ name: 'As it is now', rate: { burst: 5 } });
  });

  test('A tenant that somebody else registers meanwhile is not overwritten', async () => {
    const ran = await runOnTerminal(
      ['tenants', 'set', 'twice', 'name=Mine', 'project_id=1', 'scopes=person:read'],
      [
        [
          'Register twice like this?',
          async () => {
            await tenants.put('twice', { name: 'Theirs' });
            return 'y';
          },
        ],
      ],
      { token: ADMIN_TOKEN },
    );
    expect(ran.code).toBe(6);
    expect(await record('twice')).toMatchObject({ name: 'Theirs' });
  });

  test('A no to the question ends with 12, and no terminal without --yes with 2, and nothing is done', async () => {
    await tenants.put('kept');
    for (const args of [
      ['tenants', 'remove', 'kept'],
      ['tenants', 'suspend', 'kept'],
      ['tenants', 'set', 'kept', 'name=Other'],
    ]) {
      const ran = await boss(args);
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.err).toContain('--yes');
    }
    const no = await runOnTerminal(['tenants', 'remove', 'kept'], [['Remove the tenant kept', 'n']], {
      token: ADMIN_TOKEN,
    });
    expect(no.code).toBe(12);
    const interrupted = await runOnTerminal(
      ['tenants', 'remove', 'kept'],
      [['Remove the tenant kept', '\u0003']],
      { token: ADMIN_TOKEN },
    );
    expect(interrupted.code).toBe(130);
    expect(await record('kept')).toMatchObject({ name: 'Acme', suspended: false });
  });

  test('What the gateway refuses is said in its words, with the member and the request id', async () => {
    await tenants.put('refused');
    const ran = await boss(['tenants', 'set', 'refused', 'rate.burst=0', '--yes']);
    expect(ran.code).toBe(6);
    expect(ran.err).toMatch(/field_invalid · status 400 · attr rate\.burst · request_id req_/);
  });

  test("A tenant's token opens none of the operator's commands", async () => {
    const { token } = await tenants.fresh();
    for (const args of [
      ['tenants', 'list'],
      ['tokens', 'list', '--tenant', 'x'],
    ]) {
      const ran = await run(args, { token });
      expect(ran).toMatchObject({ code: 4, out: '' });
      expect(ran.err).toContain('admin token');
    }
  });
});

describe('The command tokens', () => {
  test('A token is minted alone on stdout, works, is narrowed by its holder, listed as a tree, and revoked', async () => {
    const { tenant } = await tenants.fresh();
    const mint = ['tokens', 'mint', '--tenant', tenant, '--name', 'a backend', '--expires-in', '2h'];
    const minted = await boss([...mint, 'scopes=person:read,cohort:read', '--actor', 'TICKET-1']);
    expect(minted.out).toMatch(/^hgr_\S+\n$/);
    expect(minted.err).not.toContain('hgr_');
    const token = minted.out.trim();
    const derived = await run(['tokens', 'mint', '--name', 'a page', 'scopes=person:read', '--json'], {
      token,
    });
    const child = JSON.parse(derived.out) as { id: string; token: string; grant: { scopes: string[] } };
    expect(child.grant.scopes).toEqual(['person:read']);
    const listed = await boss(['tokens', 'list', '--tenant', tenant]);
    const lines = listed.out.split('\n');
    const at = lines.findIndex((line) => line.includes('TICKET-1'));
    expect(lines[at + 1]).toMatch(new RegExp(`^  ${child.id}  a page +in force`));
    expect(await run(['tokens', 'revoke', child.id, '--yes'], { token })).toMatchObject({ code: 0 });
    expect(await run(['whoami'], { token: child.token })).toMatchObject({ code: 3 });
    expect(await run(['tokens', 'revoke', '--self', '--yes'], { token })).toMatchObject({ code: 0 });
    expect(await run(['whoami'], { token })).toMatchObject({ code: 3 });
    expect((await boss(['tokens', 'list', '--tenant', tenant])).out).not.toContain('a page');
    expect((await boss(['tokens', 'list', '--tenant', tenant, '--all'])).out).toMatch(/a page +revoked/);
  });

  test('A token that is revoked with --json is named, by its id, whoever revokes it', async () => {
    const { tenant, token, id } = await tenants.fresh();
    const mint = ['tokens', 'mint', '--name', 'x', 'scopes=person:read', '--json'];
    const child = JSON.parse((await run(mint, { token })).out) as { id: string };
    const ended = await run(['tokens', 'revoke', child.id, '--yes', '--json'], { token });
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ended.out)).toEqual({ id: child.id, revoked: true });
    const self = await run(['tokens', 'revoke', '--self', '--yes', '--json'], { token });
    expect(self).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(self.out)).toEqual({ id, revoked: true });
    const byBoss = await boss(['tokens', 'revoke', id, '--tenant', tenant, '--yes', '--json']);
    expect(JSON.parse(byBoss.out)).toEqual({ id, revoked: true });
  });

  test.each(['.', '..'])(
    'The id %j of a token is refused, and ends neither a token nor its tenant',
    async (id) => {
      const { tenant, token } = await tenants.fresh();
      const ran = await boss(['tokens', 'revoke', id, '--tenant', tenant, '--yes']);
      expect(ran).toMatchObject({ code: 6, out: '' });
      expect(ran.err).toContain('path_invalid');
      expect(await run(['whoami'], { token })).toMatchObject({ code: 0 });
    },
  );

  test('A token is revoked by the operator too, and a token that is not there is not found', async () => {
    const { tenant, token, id } = await tenants.fresh();
    expect(await boss(['tokens', 'revoke', id, '--tenant', tenant])).toMatchObject({ code: 2 });
    expect(await boss(['tokens', 'revoke', id, '--tenant', tenant, '--yes'])).toMatchObject({ code: 0 });
    expect(await run(['whoami'], { token })).toMatchObject({ code: 3 });
    const nothing = ['tokens', 'revoke', `tok_${'A'.repeat(22)}`, '--tenant', tenant, '--yes'];
    expect(await boss(nothing)).toMatchObject({ code: 5 });
  });

  test.each([
    [['tokens', 'mint', '--name', 'x'], 2],
    [['tokens', 'mint', '--tenant', 'tenant-1'], 2],
    [['tokens', 'mint', '--tenant', 'tenant-1', '--name', 'x', '--expires-in', '3 days'], 2],
    [['tokens', 'mint', '--tenant', 'tenant-1', '--name', 'x', 'scopes=person:raed'], 6],
    [['tokens', 'mint', '--tenant', 'nobody-here', '--name', 'x'], 5],
    [['tokens', 'revoke', '--yes'], 2],
    [['tokens', 'revoke', '--self', '--yes'], 2],
  ])('A command line like %j ends with %d', async (args, code) => {
    expect(await boss(args)).toMatchObject({ code, out: '' });
  });
});
