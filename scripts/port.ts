/** The port a script listens on. */
import { createServer } from 'node:net';

const PORT_MAX = 65_535;

/** The port that a variable names. @throws with a sentence. */
export function portOf(name: string, text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return port;
  throw new Error(`${name} must be a number from 0 to ${PORT_MAX}`);
}

/** The port after another one where it is free, and any that is free where it is not. */
export async function portAfter(port: number): Promise<number> {
  return port > 0 && port < PORT_MAX && (await freePort(port + 1)) ? port + 1 : 0;
}

/** Whether nothing listens on the port of the loopback address. */
export function freePort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A port that a variable names, and the command that is started with it. */
interface Wanted {
  readonly variable: string;
  readonly port: number;
  readonly command: string;
}

/** @throws where something listens on the port, with the command that takes another, which is free. 0 is always free. */
export async function checkPortFree({ variable, port, command }: Wanted): Promise<void> {
  if (port === 0 || (await freePort(port))) return;
  throw new Error(
    `Port ${port} is taken. Choose another: ${variable}=${await freePortAbove(port)} ${command}`,
  );
}

/** So far from one suggestion to the next: no gateway takes the port of another one's console. */
const STEP = 10;

/** A port with a free one after it, for the console; any where there is none. */
async function freePortAbove(taken: number): Promise<number> {
  for (let port = taken + STEP; port < PORT_MAX; port += STEP)
    if ((await freePort(port)) && (await freePort(port + 1))) return port;
  return 0;
}
