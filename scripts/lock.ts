/**
 * The lock of a state folder: a file with the number of the process that holds it, and below it those of its children.
 * A kill of the launcher alone leaves the runtime running, with the folder open.
 */
import { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** Node tells it of every process that this one starts, also of those that a package starts. */
const SPAWNED = 'child_process';

/** Takes the lock. Returns what gives it back. @throws while a process of another gateway runs. */
export function lock(file: string, folder: string): () => void {
  const children = new Set<number>();
  const write = (flag: 'w' | 'wx') => writeFileSync(file, [process.pid, ...children].join('\n'), { flag });
  try {
    write('wx');
  } catch {
    checkNothingLeft(file, folder);
    const [holder] = processesIn(file);
    if (holder !== undefined && isRunning(holder)) {
      throw new Error(
        `Another gateway (process ${holder}) uses ${folder}. Stop it first; if that process is no gateway, remove ${file}.`,
      );
    }
    write('w');
  }

  let held = true;
  const onSpawned = (message: unknown) => {
    const child = isObject(message) && 'process' in message ? message.process : null;
    if (!(child instanceof ChildProcess)) return;
    child.once('spawn', () => {
      if (child.pid !== undefined) children.add(child.pid);
      if (held) write('w');
    });
    child.once('exit', () => {
      if (child.pid !== undefined) children.delete(child.pid);
      if (held) write('w');
    });
  };
  subscribe(SPAWNED, onSpawned);
  return () => {
    held = false;
    unsubscribe(SPAWNED, onSpawned);
    rmSync(file, { force: true });
  };
}

/** @throws where the holder of a lock is gone and a child of it still runs. */
export function checkNothingLeft(file: string, folder: string): void {
  const [holder, ...children] = processesIn(file);
  if (holder === undefined || isRunning(holder)) return;
  const left = children.filter(isRunning);
  if (left.length === 0) return;
  throw new Error(
    `The gateway that used ${folder} was killed, but a part of it still runs: stop it with \`kill ${left.join(' ')}\`, or remove ${file} if that is no gateway.`,
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** None where there is no lock. */
function processesIn(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split('\n').map(Number);
  } catch {
    return [];
  }
}

function isRunning(id: number): boolean {
  if (!Number.isInteger(id) || id <= 0 || id === process.pid) return false;
  try {
    process.kill(id, 0);
    return !isZombie(id);
  } catch (error) {
    // A process of another account is there, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Has it ended, and its parent has not asked how? In a container without an init nobody ever does. */
function isZombie(id: number): boolean {
  try {
    // `pid (command) state …`, where the command may hold anything.
    return /^.*\) Z /s.test(readFileSync(`/proc/${id}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
