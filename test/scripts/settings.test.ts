/** What a local run reads, makes up, points out and refuses. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings } from '../../scripts/settings.ts';
import { checkStateFree, openState, type State } from '../../scripts/state.ts';
import { readWorkerConfig, settingNames } from '../../scripts/worker-config.ts';
import { makeFolder } from '../support/launcher.ts';

const root = makeFolder();
let folder = root;
let file = '';
let count = 0;
const names = settingNames(readWorkerConfig('wrangler.toml'));
const settings = (environment: Readonly<Record<string, string>> = {}) =>
  readSettings({ environment, file, names });
const modeOf = (path: string): number => statSync(path).mode & 0o777;

beforeEach(() => {
  count += 1;
  folder = join(root, String(count));
  file = join(folder, '.dev.vars');
  mkdirSync(folder);
});

/** A state that is open changes the whole process: where temporary files go, its umask, and a lock for each of its children. */
const before = { umask: process.umask(), environment: { ...process.env } };
const opened: State[] = [];
afterEach(() => {
  for (const state of opened.splice(0)) state.close();
  process.umask(before.umask);
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) {
    const value = before.environment[name];
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('Generated secrets', () => {
  test('Secrets are generated once, announced, and read again at the next start', () => {
    const first = settings();
    expect(first.notes.join()).toContain('ADMIN_TOKEN and TOKEN_SIGNING_KEYS were made up');
    const second = settings();
    expect(second.secrets).toEqual(first.secrets);
    expect(second.notes).toEqual([]);
  });

  test.each([0, 0o022, 0o077])(
    'Secrets are in a file that its owner alone can read, with a umask of %d',
    (umask) => {
      process.umask(umask);
      settings();
      expect(modeOf(file)).toBe(0o600);
    },
  );

  test('Secrets are not joined to a last line without an end, and close a file that was open to others', () => {
    writeFileSync(file, 'ADMIN_TOKEN=mine-mine-mine-mine');
    chmodSync(file, 0o644);
    expect(settings().secrets.ADMIN_TOKEN).toBe('mine-mine-mine-mine');
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
    expect(modeOf(file)).toBe(0o600);
  });

  test('Secrets are not written where the environment has them', () => {
    const given = settings({ ADMIN_TOKEN: 'a'.repeat(20), TOKEN_SIGNING_KEYS: `k1:${'s'.repeat(32)}` });
    expect(given.adminTokenIn).toBe('environment');
    expect(() => statSync(file)).toThrow('ENOENT');
  });
});

describe('.dev.vars', () => {
  test.each(['half a line\n', 'ADMIN_TOKEN="half of it', 'ADMIN_TOK', 'A="half\nB="b"'])(
    'A .dev.vars that was not written to its end (%j) is refused in one sentence that holds no value',
    (text) => {
      writeFileSync(file, text);
      expect(() => settings()).toThrow(
        /\.dev\.vars.*(?:Mend the line|Close them), or remove (?:it|the line)\.$/,
      );
      expect(() => settings()).not.toThrow(/half/);
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  test('A .dev.vars that cannot be read is refused in one sentence', () => {
    mkdirSync(file);
    expect(() => settings()).toThrow(
      /\.dev\.vars cannot be read \(EISDIR\)\. Make it a readable file, or remove it\.$/,
    );
  });

  test('A .dev.vars may hold comments, quotes of every kind and `export`', () => {
    writeFileSync(
      file,
      `# a comment\nexport ADMIN_TOKEN='with-#-in-the-middle'\nTOKEN_ISSUER="one two"\n\nTOKEN_SIGNING_KEYS=k1:${'s'.repeat(32)} # behind\n`,
    );
    const { secrets, variables } = settings();
    expect(secrets).toEqual({
      ADMIN_TOKEN: 'with-#-in-the-middle',
      TOKEN_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
    });
    expect(variables['TOKEN_ISSUER']).toBe('one two');
  });
});

describe('Variables', () => {
  test('The operators of ADMIN_TOKENS are handed on, from the environment or the file, and are no unknown setting', () => {
    const given = settings({ ADMIN_TOKENS: 'alice:alices-token-of-her-own' });
    expect(given.variables).toEqual({ ADMIN_TOKENS: 'alice:alices-token-of-her-own' });
    expect(given.notes.join()).not.toContain('ADMIN_TOKENS');
    writeFileSync(file, 'ADMIN_TOKENS=bob/viewer:bobs-token-of-his-own\n');
    expect(settings().variables).toEqual({ ADMIN_TOKENS: 'bob/viewer:bobs-token-of-his-own' });
  });

  test.each(names.filter((name) => !/KEY|ADMIN|HOST/.test(name)))(
    'The variable %s of wrangler.toml is handed on',
    (name) => {
      expect(settings({ [name]: 'x' }).variables).toEqual({ [name]: 'x' });
    },
  );

  test('A misspelt variable is pointed out, wherever it is, with the names that would be right', () => {
    writeFileSync(file, 'READ_TIMOUT_MS=5\n');
    const notes = settings({ POSTHOG_HOTS: 'https://us.posthog.com', PATH: '/bin' }).notes.join('\n');
    expect(notes).toContain('READ_TIMOUT_MS in .dev.vars is no setting of Hedgerow');
    expect(notes).toContain('POSTHOG_HOTS in the environment is no setting of Hedgerow');
    expect(notes).toContain('POSTHOG_HOST, ');
    expect(notes).not.toContain('us.posthog.com');
    expect(notes).not.toContain('PATH in');
  });

  test('A variable with which only half of a PostHog is set is refused', () => {
    expect(() => settings({ POSTHOG_HOST: 'https://us.posthog.com' })).toThrow(
      /^POSTHOG_PERSONAL_API_KEY is not set/,
    );
  });
});

describe('State folders', () => {
  const posthog = { host: 'https://us.posthog.com', key: 'phx_0123456789abcdef' };
  const open = (changes: object = {}): State => {
    const state = openState(folder, { ...settings(), postHog: posthog, ...changes });
    opened.push(state);
    return state;
  };

  test('A state folder is private, and another for each PostHog and port', () => {
    const folders = [
      open(),
      open({ port: 9 }),
      open({ postHog: { ...posthog, host: 'http://localhost' } }),
      open({ postHog: null }),
    ];
    expect(new Set(folders.map((each) => each.folder)).size).toBe(folders.length);
    for (const each of folders) expect(modeOf(each.folder)).toBe(0o700);
    expect(modeOf(join(folder, '.hedgerow'))).toBe(0o700);
  });

  test('A state folder is used by one gateway at a time; a lock that a killed process left behind does not count', () => {
    const state = open();
    const held = `${state.folder}.lock`;
    writeFileSync(held, String(process.ppid));
    expect(() => open()).toThrow(/^Another gateway \(process \d+\) uses .+\. Stop it first; /);
    writeFileSync(held, '4194999');
    open().close();
    expect(() => statSync(held)).toThrow('ENOENT');
  });

  test('A state folder is not opened while a child of a killed gateway runs, and one sentence says how to stop it', async () => {
    const state = open();
    const held = `${state.folder}.lock`;
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const [holder, ...children] = readFileSync(held, 'utf8').split('\n');
    expect(holder).toBe(String(process.pid));
    expect(children).toEqual([String(child.pid)]);
    writeFileSync(held, `4194999\n${child.pid}`);
    const refused = new RegExp(
      `^The gateway .+ was killed, .+: stop it with \`kill ${child.pid}\`, or .+\\.lock .+\\.$`,
    );
    expect(() => open()).toThrow(refused);
    expect(() => checkStateFree(folder, { ...settings(), postHog: posthog })).toThrow(refused);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readFileSync(held, 'utf8')).toBe(String(process.pid));
    state.close();
  });

  test('A state folder is emptied for the sandbox, and for nothing else', () => {
    for (const [postHog, kept] of [
      [posthog, true],
      [null, false],
    ] as const) {
      const state = open({ postHog });
      const written = join(state.folder, 'written');
      writeFileSync(written, '');
      state.close();
      open({ postHog });
      expect(statSync(written, { throwIfNoEntry: false }) !== undefined).toBe(kept);
    }
  });
});
