/** `.dev.vars`: variables and secrets of a local run, read as wrangler reads them. */
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

export type Values = Readonly<Record<string, string | undefined>>;

const PRIVATE_FILE = 0o600;

/** The values of the file; none where there is no file. @throws with one sentence where it cannot be read whole. */
export function readDevVars(file: string): Values {
  if (!existsSync(file)) return {};
  const text = textOf(file);
  const values = parseEnv(text);
  checkWhole(file, text, values);
  return values;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(`${file} cannot be read (${reason}). Make it a readable file, or remove it.`, {
      cause: error,
    });
  }
}

/** `parseEnv` leaves out what it cannot read; a secret cut in half must not be taken for a secret, or for none. */
function checkWhole(file: string, text: string, values: Values): void {
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line) || line.includes('=')) continue;
    throw new Error(`${file}, line ${index + 1}: NAME="value" was expected. Mend the line, or remove it.`);
  }
  // No setting has line breaks: a value with one has taken the next line for its own.
  const open = Object.entries(values).find(([, value = '']) => /^["'`]|\n/.test(value));
  if (open === undefined) return;
  throw new Error(`${file}: the quotes around ${open[0]} are not closed. Close them, or remove the line.`);
}

/** Appends the values, for the eyes of the file's owner only. */
export function appendDevVars(file: string, values: Readonly<Record<string, string>>): void {
  const lines = Object.entries(values).map(([name, value]) => `${name}="${value}"\n`);
  if (lines.length === 0) return;
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (before !== '') chmodSync(file, PRIVATE_FILE);
  const lineEnd = before === '' || before.endsWith('\n') ? '' : '\n';
  appendFileSync(file, lineEnd + lines.join(''), { mode: PRIVATE_FILE });
  chmodSync(file, PRIVATE_FILE);
}
