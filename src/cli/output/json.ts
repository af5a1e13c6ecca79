/** `--json`: one JSON text, and nothing that a terminal obeys. */
import { shownJson } from './shown.ts';
import type { Terminal } from './terminal.ts';

export const outJson = (terminal: Terminal, value: unknown): Promise<void> =>
  terminal.out(`${shownJson(JSON.stringify(value, null, 2))}\n`);

/** JSON as the gateway wrote it, so that numbers keep their digits. */
export const outWrittenJson = (terminal: Terminal, json: string): Promise<void> =>
  terminal.out(`${shownJson(json)}\n`);
