/** A program of `examples/`, as a process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { REPOSITORY } from '../../scripts/worker.ts';

export interface Ended {
  readonly status: number | null;
  readonly printed: string;
  readonly errors: string;
}

const started = (command: string, args: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess =>
  spawn(command, args, {
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Runs a command to its end. */
export async function runExample(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Ended> {
  const child = started(command, args, environment);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [status, printed, errors] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
  return { status, printed, errors };
}

const read = (stream: ChildProcess['stdout']): Promise<string> =>
  stream === null ? Promise.resolve('') : text(stream);

/** Starts a server, and waits until it prints that it listens. */
export async function serveExample(script: string, environment: NodeJS.ProcessEnv): Promise<() => void> {
  const child = started(process.execPath, [script], environment);
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (printed.includes('http://')) resolve();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', () => reject(new Error(`${script} ended: ${printed}`)));
  });
  return () => child.kill('SIGKILL');
}
