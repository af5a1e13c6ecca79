/** The command doctor, against PostHog in three generations: it finds what is true, and each fault that can be shown. */
import { createServer } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import { commandLine } from '../support/cli.ts';
import { startGateway, startWorlds, type World } from '../support/generations.ts';
import { listening } from '../support/listener.ts';
import { ADMIN_TOKEN, KEY } from '../support/secrets.ts';

const worlds = await startWorlds();
const [, b] = worlds as [World, World, World];
const { run } = await commandLine(b.origin);

interface Finding {
  readonly area: string;
  readonly name: string;
  readonly good: boolean | null;
  readonly says: string;
}

const ALL = ['person:read', 'person:write', 'cohort:read', 'activity_log:read', 'query:read'];
const key = (scopes: readonly string[], more: object = {}) => ({ keys: [{ key: KEY, scopes, ...more }] });

/** All that it finds, by name, and the code that it ends with. */
async function doctor(origin: string, ...args: readonly string[]) {
  const asked = ['doctor', '--json', '--url', origin, ...args];
  const ran = await run(asked, { token: ADMIN_TOKEN });
  expect(ran.err).toBe('');
  const { good, findings } = JSON.parse(ran.out) as { good: boolean; findings: readonly Finding[] };
  expect(ran.code).toBe(good ? 0 : 11);
  expect(good).toBe(findings.every((finding) => finding.good !== false));
  const named = new Map(findings.map((finding) => [finding.name, finding]));
  const bad = findings.filter((finding) => finding.good === false).map(({ name }) => name);
  return { named, bad, all: findings };
}

beforeEach(async () => {
  await b.sandbox.clearFaults();
  await b.reset(key(ALL));
});

describe('A PostHog as the gateway takes it to be', () => {
  test.each(worlds.map((world) => [world.generation, world] as const))(
    'The doctor finds nothing wrong with generation %s, asks each question once, and changes nothing',
    async (generation, world) => {
      await world.reset(generation === 'A' ? {} : key(ALL));
      await world.tenants.put(`doctor-${generation.toLowerCase()}`);
      const before = await world.sandbox.state();
      await world.sandbox.forget();
      const { named, bad } = await doctor(world.origin, '--project', '1');
      expect(bad).toEqual([]);
      expect(named.get('generation')?.says).toContain(generation);
      expect(named.get("owner's project")).toMatchObject({ good: true });
      expect(named.get('clock')).toMatchObject({ good: true });
      expect(named.get('secrets')).toMatchObject({ good: true });
      expect(await world.sandbox.state()).toEqual(before);
      const targets = (await world.sandbox.received()).map(({ method, target }) => `${method} ${target}`);
      expect(targets.length).toBe(new Set(targets).size);
    },
  );

  test('The doctor says what it finds to people in lines, and ends with 0', async () => {
    const ran = await run(['doctor', '--project', '1'], { token: ADMIN_TOKEN });
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/^PostHog\n {2}ok {2}host: PostHog answers\.$/m);
    expect(ran.out).toContain('Nothing is wrong.');
    expect(ran.out).not.toContain(KEY);
  });

  test('The doctor says of a gateway from before it that it is older', async () => {
    const older = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        request.url?.includes('operator') === true ? '{"name":"x","role":"owner"}' : '{"good":true}',
      );
    });
    const ran = await run(['doctor', '--url', await listening(older)], { token: ADMIN_TOKEN });
    expect(ran).toMatchObject({ code: 7, out: '' });
    expect(ran.err).toContain('older than this command line');
  });

  test('The doctor is for admin tokens, those of viewers too', async () => {
    const { token } = await b.tenants.fresh();
    expect(await run(['doctor'], { token })).toMatchObject({ code: 4, out: '' });
    const viewer = 'victors-token-of-the-tests-5512';
    const bindings = { ADMIN_TOKENS: `victor/viewer:${viewer}`, POSTHOG_OWNERS_PROJECT: '1' };
    const { origin } = await startGateway(b, bindings);
    const ran = await run(['doctor', '--project', '1', '--url', origin], { token: viewer });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toContain('the operator victor, with the role viewer');
  });
});

describe('Generations', () => {
  const [a, , c] = worlds as [World, World, World];

  test('A generation that is not the one that is configured is found, as far as reading tells them apart', async () => {
    await a.reset(key(ALL));
    expect((await doctor(b.origin, '--project', '1')).named.get('generation')).toMatchObject({ good: false });
    await c.reset(key(ALL));
    expect((await doctor(a.origin, '--project', '1')).named.get('generation')).toMatchObject({ good: false });
    await b.reset(key(ALL));
    expect((await doctor(c.origin, '--project', '1')).named.get('generation')).toMatchObject({ good: false });
    await b.reset({ ...key(ALL), legacy_insights: false });
    expect((await doctor(b.origin, '--project', '1')).named.get('generation')).toMatchObject({ good: true });
  });

  test('A bulk delete that was answered as C answers tells C from B', async () => {
    await c.reset(key(ALL));
    await b.sandbox.addPersons([{ project_id: 1, distinct_ids: ['tells-the-generation'] }]);
    const { origin, tenants } = await startGateway(b, {
      POSTHOG_GENERATION: 'B',
      DELETION_LOOK_SECONDS: '1',
    });
    const { token } = await tenants.fresh();
    const order = ['deletions', 'create', '--distinct-ids', '-', '--yes', '--url', origin];
    expect(await run(order, { token, input: 'tells-the-generation' })).toMatchObject({ code: 0 });
    const { all } = await doctor(origin, '--project', '1');
    const found = all.find(({ area, name }) => area === 'deletions' && name === 'generation');
    expect(found).toMatchObject({ good: false });
    expect(found?.says).toContain('Set it to C');
  });

  test('Insights that go by the old endpoints work with a key without a scope list, and are found closed to any other', async () => {
    const bindings = { POSTHOG_GENERATION: 'A', INSIGHT_ROUTE: 'legacy', POSTHOG_OWNERS_PROJECT: '1' };
    const { origin } = await startGateway(b, bindings);
    await a.reset();
    expect((await doctor(origin, '--project', '1')).named.get('insights')).toMatchObject({ good: true });
    await a.reset(key(ALL));
    const { named } = await doctor(origin, '--project', '1');
    expect(named.get('insights')).toMatchObject({ good: false });
    expect(named.get('insights')?.says).toContain('INSIGHT_ROUTE');
  });
});

describe('The key', () => {
  test.each(ALL.filter((scope) => scope !== 'person:read'))(
    'A key without %s is found, with the operations that are left out',
    async (lacking) => {
      await b.reset(key(ALL.filter((scope) => scope !== lacking)));
      const { named, bad } = await doctor(b.origin, '--project', '1');
      expect(bad).toContain(`scope ${lacking}`);
      expect(bad.every((name) => [`scope ${lacking}`, 'insights'].includes(name))).toBe(true);
      expect(named.get(`scope ${lacking}`)?.says).toMatch(/They are persons_|They are /);
    },
  );

  test('A key that PostHog does not know, or that may not read the project, is found', async () => {
    await b.reset({ keys: [{ key: 'phx_another', scopes: ['*'] }] });
    const unknown = await doctor(b.origin, '--project', '1');
    expect(unknown.bad).toEqual(['key']);
    expect(unknown.named.get('generation')).toMatchObject({ good: null });
    await b.reset(key(ALL, { projects: [2] }));
    expect((await doctor(b.origin, '--project', '1')).bad).toContain('project 1');
  });
});

const openProject = async (settings: object, ...args: string[]) => {
  await b.reset({ ...key(ALL), ...settings });
  return (await doctor(b.origin, ...args)).named.get("owner's project");
};

describe("The owner's project", () => {
  test('A project that the owner has open, and that is not the one that is served, is found', async () => {
    expect(await openProject({ current_project: 1 }, '--project', '1')).toMatchObject({ good: true });
    const other = await openProject({ current_project: 2 }, '--project', '1');
    expect(other).toMatchObject({ good: false });
    const known = await openProject({ current_project: 2 }, '--project', '2');
    expect(known?.says).toMatch(/has project 2 open, and POSTHOG_OWNERS_PROJECT says 1/);
    expect(await openProject({ current_project: null }, '--project', '1')).toMatchObject({ good: false });
    expect(await openProject({ current_project: 1 }, '--project', '2')).toMatchObject({ good: false });
  });
});

describe('Faults', () => {
  test.each([
    ['is another server', { kind: 'html', status: 200, times: 30 }, 'host'],
    ['redirects', { kind: 'redirect', location: 'https://posthog.example/', times: 30 }, 'host'],
    ['fails', { kind: 'status', status: 500, times: 30 }, 'host'],
    ['hangs up', { kind: 'hang_up', times: 30 }, 'host'],
    ['stops half way', { kind: 'truncated_json', times: 30 }, 'host'],
    ['breaks the connection', { kind: 'lost_reply', times: 30 }, 'host'],
  ])('A PostHog that %s is found, and nothing further is asked', async (_, fault, name) => {
    await b.sandbox.fault(fault);
    const { bad, named } = await doctor(b.origin, '--project', '1');
    expect(bad).toEqual([name]);
    expect(named.get('clock')?.good).not.toBe(false);
  });

  test('A PostHog that answers 429 is found to be used up, not wrong in what it could not be asked', async () => {
    await b.sandbox.fault({ kind: 'status', status: 429, retry_after_seconds: 30, times: 30 });
    const { named, all } = await doctor(b.origin, '--project', '1');
    expect(all.filter(({ name, good }) => name.startsWith('scope') && good === false)).toEqual([]);
    expect(named.get('key')).toMatchObject({ good: null });
  });

  test('A clock that is off is found, and one that is not told is not known', async () => {
    await b.sandbox.change({ date_ahead_ms: -3_600_000 });
    const { named } = await doctor(b.origin, '--project', '1');
    expect(named.get('clock')).toMatchObject({ good: false });
    expect(named.get('clock')?.says).toContain('3600 s behind');
    await b.sandbox.change({ date_ahead_ms: null });
    expect((await doctor(b.origin, '--project', '1')).named.get('clock')).toMatchObject({ good: null });
  });
});

const slicesBy = (property: string) => `slices by ${property} in project 1`;

describe('Slices', () => {
  test('A property that is on some, on none, or with values that are no texts is told apart', async () => {
    const { origin, tenants } = await startGateway(b, { POSTHOG_OWNERS_PROJECT: '1' });
    await tenants.put('acme', { slice: { property: 'tenant_id', value: 'acme' } });
    await tenants.put('birch', { slice: { property: 'tenant_id', value: 'birch' } });
    await tenants.put('typo', { slice: { property: 'tennant', value: 'acme' } });
    const { named } = await doctor(origin);
    expect(named.get(slicesBy('tenant_id'))).toMatchObject({ good: true });
    expect(named.get(slicesBy('tenant_id'))?.says).toMatch(
      /^29 of the 40 newest persons of project 1 have tenant_id/,
    );
    expect(named.get(slicesBy('tennant'))).toMatchObject({ good: false });
    await b.sandbox.addPersons([{ project_id: 1, distinct_ids: ['numbered'], properties: { tenant_id: 7 } }]);
    const odd = (await doctor(origin)).named.get(slicesBy('tenant_id'));
    expect(odd).toMatchObject({ good: false });
    expect(odd?.says).toContain('1 have a value that is no text');
  });
});

describe('The deployment', () => {
  test('A cloud of PostHog’s that the objects do not stand beside is found', async () => {
    const bindings = { POSTHOG_HOST: 'https://eu.posthog.com', READ_TIMEOUT_MS: '100' };
    const [far, beside] = await Promise.all([
      startGateway(b, bindings),
      startGateway(b, { ...bindings, OBJECTS_LOCATION: 'weur' }),
    ]);
    expect((await doctor(far.origin)).named.get('placement')).toMatchObject({
      good: false,
      says: expect.stringContaining('OBJECTS_LOCATION to weur') as unknown,
    });
    expect((await doctor(beside.origin)).named.get('placement')).toMatchObject({ good: true });
  });

  test('Deletions that are held are counted, and a fuse that has tripped is found', async () => {
    const { origin, tenants } = await startGateway(b, { DELETE_FUSE_PERSONS_PER_DAY: '1' });
    const { token } = await tenants.fresh();
    const quiet = await doctor(origin, '--project', '1');
    expect(quiet.named.get('open')?.says).toBe('None is open.');
    expect(quiet.named.get('fuse')).toMatchObject({ good: true, says: '1 of 1 persons are left for today.' });
    const order = ['deletions', 'create', '--distinct-ids', '-', '--yes', '--url', origin];
    expect(await run(order, { token, input: 'nobody-1\nnobody-2' })).toMatchObject({ code: 10 });
    const { named } = await doctor(origin, '--project', '1');
    expect(named.get('fuse')).toMatchObject({ good: false });
    expect(named.get('open')?.says).toContain('1 are held');
  });
});
