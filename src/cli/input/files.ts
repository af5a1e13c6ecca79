/** Documents and texts from files; `-` is stdin. */
import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';

export type Members = Readonly<Record<string, unknown>>;

export const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws CliError where the file cannot be read, or holds no JSON object. */
export async function readJsonObject(path: string): Promise<Members> {
  const value = jsonIn(await readTextFile(path), `The file ${path}`);
  if (isMembers(value)) return value;
  throw new CliError(EXIT.usage, `The file ${path} has to hold a JSON object.`);
}

export function jsonIn(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new CliError(EXIT.usage, `${what} is no JSON: ${why}.`);
  }
}

async function readTextFile(path: string): Promise<string> {
  if (path === '-') return readAll(process.stdin);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What is said of a file that cannot be read. */
export const unreadable = (path: string, error: unknown): CliError =>
  new CliError(EXIT.usage, `The file ${path} cannot be read: ${whyIn(error)}.`);

/** What is said of a file that cannot be written. */
export const unwritable = (path: string, error: unknown): CliError =>
  new CliError(EXIT.usage, `The file ${path} cannot be written: ${whyIn(error)}.`);

function whyIn(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
    case 'EPERM':
      return 'you may not';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return code;
  }
}
