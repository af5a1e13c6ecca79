/** Where a local gateway keeps tenants, log and budget: one folder for each PostHog and port, for its owner only. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.ts';

export interface State {
  readonly folder: string;
  readonly close: () => void;
}

const PRIVATE_FOLDER = 0o700;
/** Takes every permission of group and others from what this process and its children create. */
const PRIVATE_UMASK = 0o077;

/**
 * Opens the folder of this PostHog and port below `home`, and keeps a second gateway out of it. A deletion that is
 * unknown at one PostHog must never be sent to another. The sandbox forgets its persons, so its folder starts empty.
 */
export function openState(home: string, { postHog, port }: Settings): State {
  process.umask(PRIVATE_UMASK);
  const root = join(home, '.hedgerow');
  makePrivate(root);
  const name = `${postHog === null ? 'sandbox' : postHog.host.replaceAll(/[^A-Za-z0-9.-]+/g, '_')}-${port}`;
  const folder = join(root, name);
  const unlock = lock(`${folder}.lock`, folder);
  const empty = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  if (postHog === null) empty();
  makePrivate(folder);
  useTemporaryFolder(join(folder, 'tmp'));
  const close = () => {
    if (postHog === null) empty();
    unlock();
  };
  // Miniflare ends the process on a signal before a handler of ours has run.
  process.once('exit', close);
  return { folder, close };
}

/** Miniflare puts databases of its own where temporary files go, and a killed one leaves them there. */
function useTemporaryFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  makePrivate(folder);
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = folder;
}

function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  chmodSync(folder, PRIVATE_FOLDER);
}

/** A file with the number of the process; one that a killed process left behind does not count. */
function lock(file: string, folder: string): () => void {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    const holder = Number(readFileSync(file, 'utf8'));
    if (isRunning(holder)) {
      throw new Error(
        `Another gateway (process ${holder}) uses ${folder}. Stop it first; if that process is no gateway, remove ${file}.`,
      );
    }
    writeFileSync(file, String(process.pid));
  }
  return () => rmSync(file, { force: true });
}

function isRunning(id: number): boolean {
  if (!Number.isInteger(id) || id <= 0 || id === process.pid) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // A process of another account is there, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @throws where the gateway has written and its folder holds no database: a stop would lose everything. */
export function checkStateKept(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  if (files.some((file) => file.endsWith('.sqlite'))) return;
  throw new Error(
    `The gateway keeps nothing in ${folder}: this version of miniflare stores objects elsewhere.`,
  );
}
