/** Who holds a state folder, after the holder has ended in every way that a machine knows. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { lock } from '../../scripts/lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'hedgerow-lock-'));
const file = join(folder, 'state.lock');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A parent that never asks how its child ended: the child stays in the table of processes as a zombie. */
async function zombie(): Promise<{ readonly id: number; readonly stop: () => void }> {
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await new Promise<string[]>((resolve) =>
    parent.stdout.once('data', (text: Buffer) => resolve(String(text).split('\n'))),
  );
  await until('the child has ended', async () =>
    readFileSync(`/proc/${line}/stat`, 'utf8').includes(') Z ') ? true : undefined,
  );
  return { id: Number(line), stop: () => parent.kill('SIGKILL') };
}

test.runIf(existsSync('/proc/self/stat'))(
  'A holder that was killed and that its parent has not asked for does not keep the next gateway out',
  async () => {
    const dead = await zombie();
    // A signal reaches it, as it would a process that runs.
    expect(process.kill(dead.id, 0)).toBe(true);
    writeFileSync(file, String(dead.id));
    const release = lock(file, folder);
    expect(existsSync(file)).toBe(true);
    release();
    expect(existsSync(file)).toBe(false);
    dead.stop();
  },
);

test('A holder that runs keeps the next gateway out, and the sentence names it', () => {
  const holder = spawn('sleep', ['60']);
  writeFileSync(file, String(holder.pid));
  expect(() => lock(file, folder)).toThrow(`Another gateway (process ${holder.pid}) uses ${folder}.`);
  holder.kill('SIGKILL');
});
