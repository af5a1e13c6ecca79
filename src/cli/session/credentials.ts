/** The file in the user's config folder that `login` writes: an address and a token for each profile. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';

export interface Profile {
  readonly url: string;
  readonly token: string;
}
type Profiles = Readonly<Record<string, Profile>>;

const OWNER_ONLY = 0o600;
const FOLDER_OWNER_ONLY = 0o700;
const OTHERS = 0o077;

/** `$XDG_CONFIG_HOME/hedgerow`, `%APPDATA%\hedgerow` on Windows, else `~/.config/hedgerow`. */
export function credentialsFile(env: NodeJS.ProcessEnv): string {
  const home = process.platform === 'win32' ? env['APPDATA'] : env['XDG_CONFIG_HOME'];
  const folder = home === undefined || home === '' ? join(env['HOME'] ?? homedir(), '.config') : home;
  return join(folder, 'hedgerow', 'credentials.json');
}

/** The profiles that were saved; none where there is no file. */
export function readProfiles(file: string): Profiles {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return {};
    throw new CliError(EXIT.usage, `The file ${file} cannot be read.`, ['Its owner has to be you.']);
  }
  const profiles = profilesIn(text);
  if (profiles !== null) return profiles;
  throw new CliError(EXIT.usage, `The file ${file} is not as \`hedgerow login\` writes it.`, [
    'Remove it and log in again.',
  ]);
}

/** Whether others of this machine may read the file. */
export const isOpenToOthers = (file: string): boolean =>
  process.platform !== 'win32' && ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & OTHERS) !== 0;

/** Written beside and moved, so that an interruption leaves the old file or the new one. */
export function writeProfiles(file: string, profiles: Profiles): void {
  mkdirSync(dirname(file), { recursive: true, mode: FOLDER_OWNER_ONLY });
  const beside = `${file}.${process.pid}`;
  try {
    // A file that is there already may be open to others, or be a link: it is never written into.
    rmSync(beside, { force: true });
    writeFileSync(beside, `${JSON.stringify({ profiles }, null, 2)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
    // The mode above is what the umask leaves of it.
    chmodSync(beside, OWNER_ONLY);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function profilesIn(text: string): Profiles | null {
  const document = parsed(text);
  if (!isRecord(document) || !isRecord(document['profiles'])) return null;
  const profiles: Record<string, Profile> = {};
  for (const [name, profile] of Object.entries(document['profiles'])) {
    if (!isRecord(profile)) return null;
    const { url, token } = profile;
    if (typeof url !== 'string' || typeof token !== 'string') return null;
    profiles[name] = { url, token };
  }
  return profiles;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
