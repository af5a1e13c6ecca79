/** Processes of a run: started on their cores, ended with the run, and what CPU time they used. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pinned, type Side } from './machine.ts';

/** A server of a run. */
export interface Served {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly process: ChildProcess;
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();

/** Starts a process that does not outlive this one. `taskset` becomes what it starts, so the id is the process's own. */
export function start(
  side: Side,
  command: string,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess {
  const [first, ...others] = pinned(side, command, args);
  const child = spawn(first, others, { stdio });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Milliseconds a process has for its own end. nginx needs them to end its workers; workerd waits for connections. */
const PATIENCE_MS = 500;

/** Ends a process and waits until it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(impatience);
}

/** Ends what is running and leaves nothing behind. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** What a process says first, once it is ready. */
export async function firstLine(output: Readable): Promise<string> {
  for await (const line of createInterface(output)) return line;
  throw new Error('a process ended before it was ready');
}

/** Deletes a folder when the run ends. */
export function discardAtEnd(folder: string): void {
  folders.add(folder);
}

process.once('SIGINT', () => void stopAll().then(() => process.exit(130)));
process.once('SIGTERM', () => void stopAll().then(() => process.exit(143)));

/** Clock ticks a second in `/proc`: 100 on every Linux, whatever the kernel's own. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds of CPU, user and system, that a process and its children have used so far. `null` where there is no
 * `/proc`. In steps of 10 ms.
 */
export function cpuSeconds(root: number | undefined): number | null {
  if (root === undefined) return null;
  const processes = readProcesses();
  if (!processes.has(root)) return null;
  let ticks = 0;
  for (const [id, { ticks: own }] of processes) if (descends(id, root, processes)) ticks += own;
  return ticks / TICKS_PER_SECOND;
}

interface Usage {
  readonly parent: number;
  readonly ticks: number;
}

function readProcesses(): Map<number, Usage> {
  const processes = new Map<number, Usage>();
  for (const name of listProc()) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The name in parentheses may hold anything, so fields are counted from behind it (proc(5): state is the third).
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      const [, parent = 0] = fields;
      processes.set(Number(name), { parent, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) });
    } catch {
      // It ended between the two reads.
    }
  }
  return processes;
}

function listProc(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  } catch {
    return [];
  }
}

function descends(id: number, root: number, processes: ReadonlyMap<number, Usage>): boolean {
  for (let at: number | undefined = id; at !== undefined && at > 0; at = processes.get(at)?.parent) {
    if (at === root) return true;
  }
  return false;
}
