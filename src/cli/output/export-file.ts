/** Where an export goes: stdout, or a file that appears under its name once it is whole. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { unwritable } from '../input/files.ts';
import { agreed } from '../input/ask.ts';
import type { Cli } from '../session/session.ts';
import { outAsIs } from './terminal.ts';
import { existsSync } from 'node:fs';

export interface Sink {
  readonly write: (text: string) => Promise<void>;
  /** The export is whole. */
  readonly keep: () => Promise<void>;
  /** It is not: nothing of it is left under its name. */
  readonly discard: () => Promise<void>;
}

const OWNER_ONLY = 0o600;
const nothing = (): Promise<void> => Promise.resolve();

/** Persons are nobody else's business: the file is for its owner only. */
export async function openExport(cli: Cli, path: string | undefined): Promise<Sink> {
  if (path === undefined)
    return { write: (text) => outAsIs(cli.terminal, text), keep: nothing, discard: nothing };
  if (existsSync(path)) await agreed(cli, `Write over ${path}?`);
  const part = `${path}.part`;
  const orUnwritable = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw unwritable(path, error);
    }
  };
  // One that is there already may be open to others, or be a link to somewhere else: it is never written into.
  await orUnwritable(() => rm(part, { force: true }));
  const file = createWriteStream(part, { mode: OWNER_ONLY, flags: 'wx' });
  // Node ends the process for an `error` event without a listener. A full disk may raise one while no write is waited for.
  file.on('error', () => undefined);
  await orUnwritable(() => once(file, 'open'));
  return {
    write: (text) =>
      orUnwritable(async () => {
        if (!file.write(text) && file.errored === null) await once(file, 'drain');
        if (file.errored !== null) throw file.errored;
      }),
    keep: () =>
      orUnwritable(async () => {
        file.end();
        await finished(file);
        await rename(part, path);
      }),
    discard: async () => {
      file.destroy();
      await rm(part, { force: true });
    },
  };
}
