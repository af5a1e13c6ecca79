/** This machine: which tools it has, and which cores belong to whom. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where Debian puts daemons; often not in the PATH of a user. */
const DAEMON_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** Path of a command, or `null` where it is not installed. */
export function find(command: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...DAEMON_FOLDERS];
  return folders.map((folder) => join(folder, command)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The side a process is on: the one thing measured, or all that surrounds it. */
export type Side = 'target' | 'rest';

const CORES = allowedCores();
const TASKSET = CORES.length < 2 ? null : find('taskset');

/** Core of the target; cores of the load and the upstream. Empty where nothing can be pinned. */
export const PINNED: Readonly<Record<Side, readonly number[]>> =
  TASKSET === null ? { target: [], rest: [] } : { target: CORES.slice(0, 1), rest: CORES.slice(1) };

/** A command line that runs another one on the cores of a side. */
export function pinned(side: Side, command: string, args: readonly string[]): [string, ...string[]] {
  return TASKSET === null ? [command, ...args] : [TASKSET, '-c', PINNED[side].join(','), command, ...args];
}

/** The cores this process may use, by number. Nothing but Linux says. */
function allowedCores(): number[] {
  if (!existsSync('/proc/self/status')) return [];
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

export const describeMachine = (): string =>
  `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), load ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')}`;
