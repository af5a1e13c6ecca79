/** What tenants and operators do at the command line about the web origins that a tenant adds itself. */
import { describe, expect, test } from 'vitest';
import { commandLine, factsOf, rowsOf } from '../support/cli.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { origin, get, tenants } = await startStack();
const { run } = await commandLine(origin);
const boss = (args: readonly string[]) => run(args, { token: ADMIN_TOKEN });

const A = 'https://a.acme.example';
const B = 'https://b.acme.example';
const OWN = { max: 3, patterns: ['https://acme-*.vercel.app'], localhost: true };

const added = async (token: string) =>
  ((await get(token, '/v1/origins')).json as { origins: { origin: string }[] }).origins.map(
    (one) => one.origin,
  );

describe('The command origins', () => {
  test('Origins are added, listed and removed', async () => {
    const { token, id } = await tenants.fresh({ own_origins: OWN });
    const first = await run(['origins', 'add', A, B], { token });
    expect(factsOf(first)).toMatchObject({
      'may add': '3 origins, patterns within https://acme-*.vercel.app, localhost for a while',
      development: 'off',
    });
    expect(await run(['origins', 'add', B, 'https://acme-7-*.vercel.app'], { token })).toMatchObject({
      code: 0,
    });
    expect(await added(token)).toEqual([A, B, 'https://acme-7-*.vercel.app']);
    expect(await run(['origins', 'remove', A, 'https://never.example'], { token })).toMatchObject({
      code: 0,
    });
    expect(await added(token)).toEqual([B, 'https://acme-7-*.vercel.app']);
    const listed = await run(['origins', 'list'], { token });
    expect(rowsOf(listed)).toContainEqual(expect.arrayContaining([B, 'in force', id]));
    const json = await run(['origins', 'list', '--json'], { token });
    expect(JSON.parse(json.out)).toMatchObject({ rules: OWN, origins: [{ origin: B }, {}] });
  });

  test('Two that add at the same time both have their origin in the list', async () => {
    const { token } = await tenants.fresh({ own_origins: OWN });
    const ran = await Promise.all([A, B].map((one) => run(['origins', 'add', one], { token })));
    expect(ran.map(({ code }) => code)).toEqual([0, 0]);
    expect((await added(token)).toSorted()).toEqual([A, B]);
  });

  test('What the record does not allow ends with 4, and nothing is added', async () => {
    const { token } = await tenants.fresh({ own_origins: { max: 1 } });
    expect(await run(['origins', 'add', 'https://acme-*.vercel.app'], { token })).toMatchObject({ code: 4 });
    expect(await run(['origins', 'add', A, B], { token })).toMatchObject({ code: 4 });
    expect(await run(['origins', 'develop'], { token })).toMatchObject({ code: 4 });
    expect(await run(['origins', 'add', 'http://a.acme.example'], { token })).toMatchObject({ code: 6 });
    expect(await run(['origins', 'add'], { token })).toMatchObject({ code: 2 });
    expect(await boss(['origins', 'add', A])).toMatchObject({ code: 4 });
    expect(await added(token)).toEqual([]);
  });

  test('Pages on localhost are let in for a while, and no more', async () => {
    const { token } = await tenants.fresh({ own_origins: OWN });
    const path = '/api/projects/1/persons/';
    const explain = ['explain', 'GET', path, '--origin', 'http://localhost:3000'];
    expect(await run(explain, { token })).toMatchObject({ code: 6 });
    const on = await run(['origins', 'develop', '--for', '30m'], { token });
    expect(factsOf(on)['development']).toMatch(/^on until \d{4}-/);
    expect(await run(explain, { token })).toMatchObject({ code: 0 });
    expect(factsOf(await run(['origins', 'develop', '--off'], { token }))).toMatchObject({
      development: 'off',
    });
    expect(await run(explain, { token })).toMatchObject({ code: 6 });
    expect(await run(['origins', 'develop', '--for', 'ever'], { token })).toMatchObject({ code: 2 });
    expect(await run(['origins', 'develop', '--for', '8d'], { token })).toMatchObject({ code: 6 });
  });

  test('Operators allow them, and see what a tenant added and who changed it', async () => {
    const { tenant, token } = await tenants.fresh();
    const patterns = `own_origins.patterns=${OWN.patterns.join(',')}`;
    const set = await boss(['tenants', 'set', tenant, 'own_origins.max=2', patterns, '--yes']);
    expect(factsOf(set)).toMatchObject({
      'may add origins': '2 origins, patterns within https://acme-*.vercel.app',
    });
    await run(['origins', 'add', A], { token });
    const listed = await boss(['origins', 'list', '--tenant', tenant]);
    expect(listed).toMatchObject({ code: 0 });
    expect(rowsOf(listed)).toContainEqual(expect.arrayContaining([A, 'in force']));
    const changes = await boss(['origins', 'changes', '--tenant', tenant]);
    expect(rowsOf(changes)).toContainEqual(expect.arrayContaining(['a backend', 'admin', A]));
    const json = await boss(['origins', 'changes', '--tenant', tenant, '--json']);
    expect(JSON.parse(json.out)).toMatchObject([{ added: [A], removed: [] }]);
    expect(await boss(['origins', 'list'])).toMatchObject({ code: 2 });
    expect(await run(['origins', 'changes', '--tenant', tenant], { token })).toMatchObject({ code: 4 });
  });
});
