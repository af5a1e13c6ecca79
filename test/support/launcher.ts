/** `npm start` as an operator runs it: a child process of its own group, with a folder of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../scripts/worker.ts';

export type Environment = Readonly<Record<string, string>>;

export interface Launched {
  readonly origin: string;
  /** Everything it printed until it was ready. */
  readonly printed: string;
  /** Ends every process of it at once, as a crash of the machine would. */
  readonly kill: () => Promise<void>;
  /** Ctrl-C. */
  readonly interrupt: () => Promise<void>;
}

export const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'hedgerow-test-'));

/** A port that was free a moment ago: a gateway that comes back has to be at the same one. */
export const pickPort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

interface Running {
  /** What it printed so far. */
  readonly printed: () => string;
  /** The status it ended with. */
  readonly ended: Promise<number | null>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly onPrint: (look: () => void) => void;
}

function run(script: 'start' | 'dev' | 'sandbox', environment: Environment): Running {
  const child = spawn('npm', ['run', script, '--silent'], {
    cwd: REPOSITORY,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let printed = '';
  const looks: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      for (const look of looks) look();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    printed: () => printed,
    ended,
    signal: (name) => {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    },
    onPrint: (look) => looks.push(look),
  };
}

/** Starts it and waits until it prints the last line of its first steps. */
export const launchGateway = (environment: Environment): Promise<Launched> =>
  launched(run('start', environment), 'Stop with Ctrl-C', /listens on (\S+?),/);

/** `npm run sandbox`. */
export const launchSandboxAlone = (environment: Environment): Promise<Launched> =>
  launched(run('sandbox', environment), 'Stop with Ctrl-C', /listens on (\S+?),/);

/** `npm run dev`. */
export const launchDev = (environment: Environment): Promise<Launched> =>
  launched(run('dev', environment), 'Ready on', /Ready on (\S+)/);

/** @throws with what it printed when it ends before it is ready. */
async function launched(running: Running, last: string, listening: RegExp): Promise<Launched> {
  const ready = new Promise<void>((resolve) => {
    running.onPrint(() => {
      if (running.printed().includes(last)) resolve();
    });
  });
  const early = running.ended.then((status) => {
    throw new Error(`The script ended with ${status}: ${running.printed()}`);
  });
  await Promise.race([ready, early]);
  early.catch(() => undefined);
  const end = async (signal: NodeJS.Signals) => {
    running.signal(signal);
    await running.ended;
  };
  return {
    origin: listening.exec(running.printed())?.[1] ?? '',
    printed: running.printed(),
    kill: () => end('SIGKILL'),
    interrupt: () => end('SIGINT'),
  };
}

interface Ended {
  readonly status: number | null;
  readonly printed: string;
}

/** Runs it where it is expected to give up. */
export const runGateway = (environment: Environment): Promise<Ended> => runToEnd('start', environment);

/** `npm run sandbox`, where it is expected to give up. */
export const runSandboxAlone = (environment: Environment): Promise<Ended> => runToEnd('sandbox', environment);

async function runToEnd(script: 'start' | 'sandbox', environment: Environment): Promise<Ended> {
  const running = run(script, environment);
  return { status: await running.ended, printed: running.printed() };
}
