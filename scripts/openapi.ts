/** Writes the OpenAPI document to where a deploy takes its assets from. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../src/openapi/document.ts';

/** Only where it differs, and in one step: several processes may do this at once, or read it. */
export function writeOpenApi(folder: string): void {
  const file = join(folder, 'openapi.json');
  const text = JSON.stringify(openApiDocument());
  if (textOf(file) === text) return;
  mkdirSync(folder, { recursive: true });
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
