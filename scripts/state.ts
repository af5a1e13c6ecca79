/** Where a local gateway keeps tenants, log and budget: one folder for each PostHog and port, for its owner only. */
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkNothingLeft, lock } from './lock.ts';
import type { Settings } from './settings.ts';

export interface State {
  readonly folder: string;
  readonly close: () => void;
}

const ROOT = '.hedgerow';
const PRIVATE_FOLDER = 0o700;
/** Takes every permission of group and others from what this process and its children create. */
const PRIVATE_UMASK = 0o077;

/**
 * Opens the folder of this PostHog and port below `home`, and keeps a second gateway out of it. A deletion that is
 * unknown at one PostHog must never be sent to another. The sandbox forgets its persons, so its folder starts empty.
 */
export function openState(home: string, settings: Settings): State {
  process.umask(PRIVATE_UMASK);
  const { postHog } = settings;
  makePrivate(join(home, ROOT));
  const folder = folderOf(home, settings);
  const unlock = lock(lockOf(folder), folder);
  const empty = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  if (postHog === null) empty();
  makePrivate(folder);
  useTemporaryFolder(join(folder, 'tmp'));
  const close = () => {
    process.off('exit', close);
    if (postHog === null) empty();
    unlock();
  };
  // Miniflare ends the process on a signal before a handler of ours has run.
  process.once('exit', close);
  return { folder, close };
}

/** @throws where a part of a killed gateway still uses the folder: it holds the port too, which says less. */
export function checkStateFree(home: string, settings: Settings): void {
  const folder = folderOf(home, settings);
  checkNothingLeft(lockOf(folder), folder);
}

const folderOf = (home: string, { postHog, port }: Settings): string =>
  join(
    home,
    ROOT,
    `${postHog === null ? 'sandbox' : postHog.host.replaceAll(/[^A-Za-z0-9.-]+/g, '_')}-${port}`,
  );

const lockOf = (folder: string): string => `${folder}.lock`;

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

/** @throws where the gateway has written and its folder holds no database: a stop would lose everything. */
export function checkStateKept(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  if (files.some((file) => file.endsWith('.sqlite'))) return;
  throw new Error(
    `The gateway keeps nothing in ${folder}: this version of miniflare stores objects elsewhere.`,
  );
}
