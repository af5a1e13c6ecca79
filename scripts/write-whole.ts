/** Writes files that other processes may read at the same time. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Only where it differs, and in one step: several processes may do this at once, or read it. */
export function writeWhole(file: string, text: string): void {
  if (textOf(file) === text) return;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
