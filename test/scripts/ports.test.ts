/** Several local runs at once: each has ports of its own, or says in one sentence which command would have. */
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { checkPortFree, freePort } from '../../scripts/port.ts';
import { launchGateway, makeFolder, type Launched } from '../support/launcher.ts';

const folders = [makeFolder(), makeFolder()];
const running: Launched[] = [];
const servers: Server[] = [];
afterAll(async () => {
  await Promise.all(running.map((one) => one.kill()));
  for (const server of servers) server.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Below the ports that the system gives to other tests, and apart from those of another run. */
const PORTS = { min: 20_000, count: 10_000, apart: 50 };
let next = PORTS.min + ((process.pid * PORTS.apart) % PORTS.count);

/** A port that is free, with those that a test may need behind it. */
async function pickPorts(): Promise<number> {
  for (; ; next += PORTS.apart) {
    const first = next;
    const free = await Promise.all(Array.from({ length: 25 }, (_, nth) => freePort(first + nth)));
    if (free.includes(false)) continue;
    next += PORTS.apart;
    return first;
  }
}

const listen = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    servers.push(server);
    server.listen(port, '127.0.0.1', resolve);
  });

const refusalOf = (port: number): Promise<string> =>
  checkPortFree({ variable: 'PORT', port, command: 'npm start' }).then(
    () => 'free',
    (error: unknown) => String(error),
  );

describe('The ports of local runs', () => {
  test('A port that is suggested is free, and so is the one after it, which the console takes', async () => {
    const port = await pickPorts();
    await listen(port);
    expect(await refusalOf(port)).toBe(
      `Error: Port ${port} is taken. Choose another: PORT=${port + 10} npm start`,
    );
    await listen(port + 11);
    expect(await refusalOf(port)).toContain(`PORT=${port + 20} npm start`);
  });

  test('Two gateways that are started at the same moment on one port: one serves, and the other says what to do', async () => {
    const port = await pickPorts();
    const started = await Promise.allSettled(
      folders.map((folder) => launchGateway({ HEDGEROW_FOLDER: folder, PORT: String(port) })),
    );
    const served = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    running.push(...served);
    expect(served.map(({ origin }) => origin)).toEqual([`http://127.0.0.1:${port}`]);
    const [refused] = started.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    expect(refused).toMatch(new RegExp(`Port ${port} is taken\\. Choose another: PORT=\\d+ npm start`));
  }, 300_000);

  test('A gateway takes another port for the console where the one after its own is taken', async () => {
    const port = await pickPorts();
    await listen(port + 1);
    const folder = makeFolder();
    folders.push(folder);
    const gateway = await launchGateway({ HEDGEROW_FOLDER: folder, PORT: String(port) });
    running.push(gateway);
    expect(gateway.origin).toBe(`http://127.0.0.1:${port}`);
    const [, console_ = ''] = /The console is at (\S+):/.exec(gateway.printed) ?? [];
    expect(console_).not.toBe(`http://127.0.0.1:${port + 1}`);
    expect((await fetch(`${console_}/healthz`)).status).toBe(200);
  });
});
