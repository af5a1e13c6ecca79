/** Where the gateway and the token come from, who the token is, and what is said of a gateway that does not answer. */
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { commandLine, factsOf } from '../support/cli.ts';
import { pickPort } from '../support/launcher.ts';
import { listening } from '../support/listener.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { launch, startStack } from '../support/stack.ts';

const { origin, tenants } = await startStack();
const { run, runOnTerminal, folder } = await commandLine(origin);
const FILE = join(folder, '.config/hedgerow/credentials.json');
const NO_ENV = { HEDGEROW_URL: '', HEDGEROW_TOKEN: '' };
const { token, tenant } = await tenants.fresh({ name: 'Acme' });

const saved = () => JSON.parse(readFileSync(FILE, 'utf8')) as unknown;

describe('The command login', () => {
  test('The command login reads a token from stdin, tries it, and keeps it for the owner of the account only', async () => {
    const ran = await run(['login'], { input: `${token}\n` });
    expect(ran).toMatchObject({ code: 0, out: '' });
    expect(ran.err).toContain(`Logged in at ${origin} as the tenant ${tenant}`);
    expect(ran.err).not.toContain(token);
    expect(statSync(FILE).mode & 0o777).toBe(0o600);
    expect(statSync(join(FILE, '..')).mode & 0o777).toBe(0o700);
    expect(saved()).toEqual({ profiles: { default: { url: origin, token } } });
    expect(factsOf(await run(['whoami'], { env: NO_ENV }))).toMatchObject({ gateway: origin });
  });

  test('The command login keeps one token beside another where they have profiles, and logout forgets one', async () => {
    const admin = await run(['login', '--profile', 'boss', '--url', `${origin}/`], {
      input: ADMIN_TOKEN,
      env: NO_ENV,
    });
    expect(admin).toMatchObject({ code: 0 });
    const boss = factsOf(await run(['whoami', '--profile', 'boss'], { env: NO_ENV }));
    expect(boss).toMatchObject({ operator: 'admin', role: 'owner' });
    const named = { ...NO_ENV, HEDGEROW_PROFILE: 'boss' };
    expect(factsOf(await run(['whoami'], { env: named }))).toMatchObject({ operator: 'admin' });
    expect(await run(['logout', '--profile', 'boss'])).toMatchObject({ code: 0 });
    expect(saved()).toEqual({ profiles: { default: { url: origin, token } } });
    const gone = await run(['whoami', '--profile', 'boss'], { env: NO_ENV });
    expect(gone).toMatchObject({ code: 2 });
    expect(await run(['logout', '--profile', 'boss'])).toMatchObject({ code: 5 });
  });

  test('The commands login and logout write with --json whose token it is and where it was kept, and never the token', async () => {
    const env = { ...NO_ENV, XDG_CONFIG_HOME: join(folder, 'json') };
    const kept = { gateway: origin, file: join(folder, 'json/hedgerow/credentials.json') };
    const json = ['--url', origin, '--json'];
    const login = await run(['login', ...json], { input: token, env });
    expect(login).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(login.out)).toEqual({ profile: 'default', ...kept, tenant });
    const boss = await run(['login', '--profile', 'boss', ...json], { input: ADMIN_TOKEN, env });
    expect(JSON.parse(boss.out)).toEqual({ profile: 'boss', ...kept, operator: 'admin', role: 'owner' });
    const logout = await run(['logout', '--json'], { env });
    expect(logout).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(logout.out)).toEqual({ profile: 'default', ...kept });
    expect(login.out + boss.out + logout.out).not.toMatch(new RegExp(`${token}|${ADMIN_TOKEN}`));
  });

  test('The command login says that HEDGEROW_TOKEN goes before what it has saved, where that is set', async () => {
    const env = { XDG_CONFIG_HOME: join(folder, 'before') };
    const ran = await run(['login'], { input: ADMIN_TOKEN, token, env });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.err).toContain('HEDGEROW_TOKEN is set, and goes before it');
    expect((await run(['login'], { input: ADMIN_TOKEN, env })).err).not.toContain('HEDGEROW_TOKEN');
  });

  test('The command login says that no token came where stdin is empty', async () => {
    for (const input of ['', '\n']) {
      const ran = await run(['login'], { input });
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.err).toContain('No token came on stdin.');
    }
  });

  test('The command login keeps nothing of a token that the gateway does not take', async () => {
    const before = saved();
    const ran = await run(['login'], { input: 'hgr_wrong' });
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toMatch(/token_malformed · status 401 · request_id req_/);
    expect(await run(['login'], { input: 'two words' })).toMatchObject({ code: 2 });
    expect(saved()).toEqual(before);
  });

  test('The command login asks on a terminal for address and token, and shows no letter of the token', async () => {
    const ran = await runOnTerminal(
      ['login', '--profile', 'typed'],
      [
        ['Address of the gateway', `${origin}\r`],
        ['Token', `${token}\r`],
      ],
      { env: NO_ENV },
    );
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toContain('Logged in');
    expect(ran.out).not.toContain(token.slice(0, 12));
    expect(saved()).toMatchObject({ profiles: { typed: { url: origin, token } } });
  });
});

describe('The file of credentials', () => {
  test('A file that others can read is told of, and the next login closes it', async () => {
    const env = { ...NO_ENV, XDG_CONFIG_HOME: join(folder, 'open') };
    const file = join(folder, 'open/hedgerow/credentials.json');
    await run(['login', '--url', origin], { input: token, env });
    chmodSync(file, 0o644);
    const ran = await run(['whoami', '--json'], { env });
    expect(ran.code).toBe(0);
    expect(ran.err).toContain(`Others of this machine can read the token in ${file}`);
    expect(JSON.parse(ran.out)).toMatchObject({ tenant });
    await run(['login', '--url', origin], { input: token, env });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run(['whoami'], { env })).err).toBe('');
  });

  test('A link in the place of the file is replaced, and what it leads to stays as it is', async () => {
    const config = join(folder, 'linked');
    const other = join(folder, 'of-another.json');
    mkdirSync(join(config, 'hedgerow'), { recursive: true });
    writeFileSync(other, '{"profiles":{}}', { mode: 0o644 });
    symlinkSync(other, join(config, 'hedgerow/credentials.json'));
    const env = { ...NO_ENV, XDG_CONFIG_HOME: config };
    expect(await run(['login', '--url', origin], { input: token, env })).toMatchObject({ code: 0 });
    expect(readFileSync(other, 'utf8')).toBe('{"profiles":{}}');
    expect(lstatSync(join(config, 'hedgerow/credentials.json')).isFile()).toBe(true);
  });
});

describe('The gateway that is asked', () => {
  test('A gateway whose address is not https and not on this machine is told of by every command', async () => {
    const said = 'Everybody on the way to this gateway can read the token';
    expect((await run(['whoami', '--url', 'http://gateway.invalid'], { token })).err).toContain(said);
    expect((await run(['whoami'], { token })).err).toBe('');
    const login = await run(['login', '--url', 'http://gateway.invalid'], { input: 'two words' });
    expect(login.code).toBe(2);
    expect(login.err).toContain(said);
  });

  test('A redirect takes neither the token nor the ids of a deletion elsewhere', async () => {
    const taken: string[] = [];
    const elsewhere = await listening(
      createServer((request, response) => {
        taken.push(request.url ?? '');
        response.end('{}');
      }),
    );
    const moved = await listening(
      createServer((request, response) => {
        response.writeHead(307, { location: `${elsewhere}${request.url ?? ''}` }).end();
      }),
    );
    const ordered = ['deletions', 'create', '--distinct-ids', '-', '--yes'];
    for (const args of [['whoami'], ordered]) {
      const ran = await run([...args, '--url', moved], { token, input: 'ada@acme.test\n' });
      expect(ran).toMatchObject({ code: 7, out: '' });
      expect(ran.err).toContain('redirected elsewhere');
    }
    expect(taken).toEqual([]);
  });

  test('A saved token is sent to the gateway that it was saved for, and to no other', async () => {
    let asked = 0;
    const elsewhere = await listening(
      createServer((_, response) => {
        asked += 1;
        response.end();
      }),
    );
    const ran = await run(['whoami', '--url', elsewhere], { env: NO_ENV });
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(asked).toBe(0);
  });

  test('A command without a gateway or a token says how to give them', async () => {
    const nowhere = { ...NO_ENV, XDG_CONFIG_HOME: join(folder, 'empty') };
    const ran = await run(['whoami'], { env: nowhere });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain('hedgerow login');
    const noToken = await run(['whoami'], { env: { ...nowhere, HEDGEROW_URL: origin } });
    expect(noToken).toMatchObject({ code: 3 });
    for (const odd of ['ftp://x', 'gateway', 'http://user:pass@x', 'http://x/?a=1'])
      expect(await run(['whoami', '--url', odd])).toMatchObject({ code: 2 });
  });

  test('A file of credentials that is broken is named, and nothing of it is shown', async () => {
    const config = join(folder, 'broken');
    const file = join(config, 'hedgerow/credentials.json');
    await run(['login'], { input: token, env: { XDG_CONFIG_HOME: config } });
    writeFileSync(file, `{"profiles": {"default": {"token": "${token}"`);
    const ran = await run(['whoami'], { env: { ...NO_ENV, XDG_CONFIG_HOME: config } });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(file);
    expect(ran.err).not.toContain(token);
  });
});

describe('The command whoami', () => {
  test('The command whoami shows what a token may do, as facts or as JSON', async () => {
    const facts = factsOf(await run(['whoami'], { token }));
    expect(facts).toMatchObject({ tenant: `${tenant} (Acme)`, project: '1', slice: 'the whole project' });
    expect(facts['scopes']).toContain('person:delete');
    const { out } = await run(['whoami', '--json'], { token });
    expect(JSON.parse(out)).toMatchObject({ tenant, grant: { project_id: 1 } });
  });

  test('A result has colours on a terminal, and none for a pipe, with NO_COLOR, or on a dumb terminal', async () => {
    const bold = '\u001b[1m';
    expect((await runOnTerminal(['whoami'], [], { token })).out).toContain(bold);
    expect((await run(['whoami'], { token })).out).not.toContain('\u001b');
    const none = await runOnTerminal(['whoami'], [], { token, env: { NO_COLOR: '1' } });
    expect(none.out).toContain('the whole project');
    expect(none.out).not.toContain('\u001b');
  });
});

const failing = async (url: string) => {
  const ran = await run(['whoami', '--url', url], { token });
  expect(ran.out).toBe('');
  expect(ran.err).toContain(url);
  return ran;
};

describe('A gateway that does not answer as one', () => {
  test('A gateway that is down is named, with why it cannot be reached', async () => {
    const ran = await failing(`http://127.0.0.1:${await pickPort()}`);
    expect(ran.code).toBe(7);
    expect(ran.err).toContain('the connection is refused');
    const unknown = await failing('http://gateway.invalid');
    expect(unknown.code).toBe(7);
  });

  test.each([
    [404, 'text/html', '<h1>Not here</h1>'],
    [200, 'text/html', '<h1>Welcome</h1>'],
    [502, 'text/plain', 'bad gateway'],
  ])('A server that answers %d as %s is said to be no gateway', async (status, type, body) => {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    const ran = await failing(await listening(server));
    expect(ran.code).toBe(7);
    expect(ran.err).toContain('not a Hedgerow gateway');
  });

  test('A gateway that is misconfigured says so at once, with the request id', async () => {
    const worker = await launch('wrangler.toml', { POSTHOG_PERSONAL_API_KEY: 'x', ADMIN_TOKEN: 'short' });
    afterAll(() => worker.stop());
    const ran = await failing(worker.origin);
    expect(ran.code).toBe(7);
    expect(ran.err).toMatch(/not_configured · status 503 · request_id req_/);
    const json = await run(['whoami', '--url', worker.origin, '--json'], { token });
    expect(JSON.parse(json.err)).toMatchObject({ error: { code: 'not_configured', gateway: worker.origin } });
  });
});

describe('Usage errors', () => {
  test.each([
    [['whoami', '--nonsense'], "unknown option '--nonsense'"],
    [['whaomi'], "unknown command 'whaomi' (Did you mean whoami?)"],
    [['persons', 'get'], "missing required argument 'id'"],
    [['persons', 'list', '--email'], "option '--email <address>' argument missing"],
    [
      ['usage', '--by', 'week'],
      "option '--by <period>' argument 'week' is invalid. Allowed choices are hour, day.",
    ],
    [['tenants'], 'A command is missing.'],
    [[], 'A command is missing.'],
  ])('A command line like %j is refused in JSON where it has --json', async (args, message) => {
    const ran = await run(['--json', ...args], { token });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse(ran.err)).toEqual({
      error: { message, hints: ['Add --help for what it takes.'] },
    });
  });

  test.each([
    [[]],
    [['nonsense']],
    [['tenants']],
    [['tenants', 'get']],
    [['whoami', '--nonsense']],
    [['whoami', 'too', 'many']],
    [['persons', 'list', '--limit', 'none']],
    [['persons', 'export', '--format', 'xml']],
  ])('A command line like %j ends with 2, and stdout stays empty', async (args) => {
    expect(await run(args, { token })).toMatchObject({ code: 2, out: '' });
  });

  test.each([[['--help']], [['--version']], [['help', 'tenants']], [['tenants', 'set', '--help']]])(
    'The command line %j needs no gateway and ends with 0',
    async (args) => {
      const ran = await run(args, { env: { ...NO_ENV, XDG_CONFIG_HOME: join(folder, 'none') } });
      expect(ran).toMatchObject({ code: 0, err: '' });
      expect(ran.out).not.toBe('');
    },
  );
});
