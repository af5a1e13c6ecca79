/** Writes the OpenAPI document to where a deploy takes its assets from. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../src/openapi/document.ts';
import { writeWhole } from './write-whole.ts';

export function writeOpenApi(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeWhole(join(folder, 'openapi.json'), JSON.stringify(openApiDocument()));
}
