/** Copies of the sources with one thing taken out of them: the property has to notice every one. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { REPOSITORY } from '../../scripts/worker.ts';

/** One text of one file, which has to be there once, and what stands there instead. */
export interface Cut {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const CUTS = {
  filter: { file: 'policy/constrain.ts', from: 'form === undefined', to: 'true' },
  streamedRows: {
    file: 'http/mirror/redacted-stream.ts',
    from: "!inSlice(grant.slices, row['properties'])",
    to: 'false',
  },
  tableRows: {
    file: 'http/mirror/redacted.ts',
    from: 'found.filter((row) => isInSlice(row, grant.slices))',
    to: 'found',
  },
  named: { file: 'slicing/check-person.ts', from: "slicing.kind !== 'named'", to: 'true' },
  resolved: {
    file: 'slicing/resolve-ids.ts',
    from: 'found.filter(({ person }) => isInSlice(person, slices))',
    to: 'found.slice()',
  },
  deletedOne: { file: 'slicing/resolve-deletion.ts', from: '!isInSlice(found.value, slices)', to: 'false' },
  mapped: {
    file: 'policy/redact.ts',
    from: "isJsonObject(person) && inSlice(slices, person['properties'])",
    to: 'isJsonObject(person)',
  },
  logged: { file: 'http/mirror/enforce-slice.ts', from: 'deleted.value.includes(id)', to: 'true' },
  cohorts: {
    file: 'http/mirror/redacted.ts',
    from: 'redactCohort(row, visibility, grant.slices)',
    to: 'row',
  },
  /** A PostHog that drops the filter of the slice, and says nothing (PostHog contract §10, trap 3). */
  upstream: {
    file: 'sandbox/filters/leaf.ts',
    from: '!isRecord(element)',
    to: "!isRecord(element) || element['key'] === 'tenant_id'",
  },
} as const satisfies Record<string, Cut>;

export interface Mutant {
  /** Below the repository, as the real ones are. */
  readonly gateway: string;
  readonly sandbox: string;
  readonly remove: () => void;
}

export function mutantWith(...cuts: readonly Cut[]): Mutant {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-mutant-'));
  cpSync(join(REPOSITORY, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(join(REPOSITORY, 'wrangler.toml'), join(folder, 'wrangler.toml'));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, from, to } of cuts) {
    const path = join(folder, 'src', file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2)
      throw new Error(`${file} has ${parts.length - 1} times ${from}: the cut is out of date`);
    writeFileSync(path, parts.join(to));
  }
  const below = relative(REPOSITORY, folder);
  return {
    gateway: join(below, 'wrangler.toml'),
    sandbox: join(below, 'src/sandbox/wrangler.toml'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
