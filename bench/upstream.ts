/** The server everything is measured in front of: nginx where it is installed, else a Node process. */
import { join } from 'node:path';
import { find } from './machine.ts';
import { startNginxUpstream } from './nginx.ts';
import type { Served } from './process.ts';
import { firstLine, start } from './process.ts';

export interface Upstream extends Served {
  readonly kind: 'nginx' | 'node';
}

export async function startUpstream(folder: string): Promise<Upstream> {
  const nginx = find('nginx');
  if (nginx !== null) return { kind: 'nginx', ...(await startNginxUpstream(nginx, folder)) };
  const script = join(import.meta.dirname, 'upstream-node.ts');
  const child = start('rest', process.execPath, [script], ['ignore', 'pipe', 'inherit']);
  if (child.stdout === null) throw new Error('the upstream has no output');
  return { kind: 'node', origin: `http://127.0.0.1:${await firstLine(child.stdout)}`, process: child };
}
