/** The command line as a process of its own: arguments and stdin in, exit code, stdout and stderr out. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, expect } from 'vitest';
import { buildCli, CLI_FILE } from '../../scripts/build-cli.ts';

export interface Ran {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  /** Resolves once stderr has this. */
  readonly says: (text: string) => Promise<void>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Stops reading stdout, as `head` does. */
  readonly stopReading: () => void;
}

export interface RunOptions {
  /** The token in use: in the environment, as programs have it. */
  readonly token?: string;
  readonly input?: string | Iterable<string>;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a question contains, and the keys that answer it, or what happens before they are pressed. */
export type Typing = readonly [question: string, keys: string | (() => Promise<string>)];

export interface CommandLine {
  /** A folder that is empty at first: the home of the user, and where commands run. */
  readonly folder: string;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ran>;
  readonly start: (args: readonly string[], options?: RunOptions) => Running;
  /** Runs it on a terminal, typing these keys at the questions that contain what is before them. */
  readonly runOnTerminal: (
    args: readonly string[],
    typing: readonly Typing[],
    options?: RunOptions,
  ) => Promise<Ran>;
}

/** For the file that calls it. No token may be printed, but where a test asks for a minted one. */
export async function commandLine(url: string): Promise<CommandLine> {
  await buildCli();
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-cli-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const environment = ({ token, env = {} }: RunOptions): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    HEDGEROW_URL: url,
    ...(token === undefined ? {} : { HEDGEROW_TOKEN: token }),
    ...env,
  });
  const start: CommandLine['start'] = (args, options = {}) =>
    startProcess(process.execPath, [CLI_FILE, ...args], folder, environment(options), options.input ?? '');
  return {
    folder,
    start,
    run: async (args, options = {}) => {
      const ran = await start(args, options).ended;
      if (options.token !== undefined) expect(ran.out + ran.err).not.toContain(options.token);
      return ran;
    },
    runOnTerminal: (args, typing, options = {}) => {
      const quoted = [process.execPath, CLI_FILE, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`);
      const env = { ...environment(options), TERM: 'xterm' };
      // A terminal that nobody looks at has no size.
      return onTerminal(`stty cols 200 rows 50; exec ${quoted.join(' ')}`, folder, env, typing);
    },
  };
}

function startProcess(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  input: string | Iterable<string>,
): Running {
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  const looks: (() => void)[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
    for (const look of looks) look();
  });
  // A command that refuses early stops reading.
  pipeline(Readable.from(typeof input === 'string' ? [input] : input), child.stdin).catch(() => undefined);
  const ended = new Promise<Ran>((resolve) => {
    child.once('close', (code) => resolve({ code, ...said }));
  });
  return {
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (said.err.includes(text)) resolve();
        };
        looks.push(look);
        look();
        void ended.then(({ out, err }) => reject(new Error(`It never said ${text}: ${out}${err}`)));
      }),
    signal: (name) => void child.kill(name),
    stopReading: () => void child.stdout.destroy(),
  };
}

/** `script` of util-linux makes the terminal; what is written to either stream comes out as one. */
async function onTerminal(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  typing: readonly Typing[],
): Promise<Ran> {
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let out = '';
  const left = [...typing];
  let from = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    const [next] = left;
    if (next === undefined || !out.slice(from).includes(next[0])) return;
    from = out.length;
    left.shift();
    void (async () => child.stdin.write(typeof next[1] === 'string' ? next[1] : await next[1]()))();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err: '' };
}

/** The rows of a table, as cells: columns are two spaces or more apart. */
export const rowsOf = ({ out }: Ran): readonly (readonly string[])[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

/** The names and values of a list of facts. */
export const factsOf = (ran: Ran): Readonly<Record<string, string>> =>
  Object.fromEntries(rowsOf(ran).map(([name = '', ...value]) => [name, value.join('  ')]));
