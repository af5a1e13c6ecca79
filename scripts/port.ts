/** The port a script listens on. */
import { createServer } from 'node:net';

/** The port a text names. @throws with a sentence. */
export function portOf(text: string | undefined, otherwise: number): number {
  const port = Number(text ?? otherwise);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT must be a number from 0 to 65535`);
}

/** Whether nothing listens on the port of the loopback address. */
export function freePort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** @throws where something listens on the port, with the command that takes another. 0 is always free. */
export async function checkPortFree(port: number, elsewhere: string): Promise<void> {
  if (port !== 0 && !(await freePort(port))) {
    throw new Error(`Port ${port} is taken. Choose another: ${elsewhere}`);
  }
}
