/**
 * What may stand between a gateway and PostHog: a TCP proxy that fails on command. Connections carry one request each,
 * so that every command means one request.
 */
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

export type Mood =
  /** Nobody listens. */
  | 'refuse'
  /** Reads the request and resets the connection; PostHog never hears of it. */
  | 'reset'
  /** Reads the request and says nothing, ever. */
  | 'silence'
  /** PostHog does the work; half its answer arrives, and then the connection ends. A reset would take away what was not read. */
  | 'cut'
  /** PostHog does the work; half its answer arrives, and then nothing more. */
  | 'stall'
  /** PostHog does the work; half its answer arrives, and then a byte now and again. */
  | 'drip'
  /** PostHog does the work; the connection is reset before its answer. */
  | 'drop';

export interface FlakyProxy {
  readonly origin: string;
  /** From now on, or for so many requests; `null` passes everything on. */
  readonly mood: (mood: Mood | null, times?: number) => Promise<void>;
  /** The first lines of what arrived, whatever became of it. */
  readonly arrived: string[];
  readonly stop: () => Promise<void>;
}

const END_OF_HEAD = '\r\n\r\n';

/** The request, once all of it is there; asks PostHog to close behind its answer, so that its end is known. */
function whole(bytes: Buffer): { head: string; request: Buffer } | null {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end === -1) return null;
  const head = bytes.subarray(0, end).toString('latin1');
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const body = bytes.subarray(end + END_OF_HEAD.length);
  if (body.length < length) return null;
  const asked = `${head.replace(/\r\nconnection:[^\r]*/i, '')}\r\nConnection: close${END_OF_HEAD}`;
  return { head, request: Buffer.concat([Buffer.from(asked, 'latin1'), body]) };
}

/** PostHog's whole answer. */
const answerOf = (port: number, request: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const upstream = connect({ host: '127.0.0.1', port }, () => upstream.write(request));
    upstream.on('data', (chunk: Buffer) => chunks.push(chunk));
    upstream.on('end', () => resolve(Buffer.concat(chunks)));
    upstream.on('error', reject);
  });

/** Head and half of the body: enough to look like an answer. */
function half(answer: Buffer): Buffer {
  const body = answer.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
  return answer.subarray(0, body + Math.floor((answer.length - body) / 2));
}

const DRIP_MS = 50;

/** Half the answer, and then a byte at a time for as long as anybody reads; the end never comes. */
function drip(socket: Socket, answer: Buffer): void {
  const start = half(answer);
  socket.write(start);
  let at = start.length;
  const timer = setInterval(() => {
    socket.write(answer.subarray(at, at + 1));
    at = Math.min(at + 1, answer.length - 2);
  }, DRIP_MS);
  socket.on('close', () => clearInterval(timer));
}

/** Starts a proxy to a server on this machine. */
export async function startFlakyProxy(origin: string): Promise<FlakyProxy> {
  const target = Number(new URL(origin).port);
  const arrived: string[] = [];
  const sockets = new Set<Socket>();
  let current: Mood | null = null;
  let left = Infinity;

  const take = (): Mood | null => {
    if (left <= 0) return null;
    left -= 1;
    return current;
  };

  const serve = async (socket: Socket, head: string, request: Buffer): Promise<void> => {
    arrived.push(head.split('\r\n', 1)[0] ?? '');
    const mood = take();
    if (mood === 'reset') socket.resetAndDestroy();
    if (mood === 'reset' || mood === 'silence') return;
    const answer = await answerOf(target, request);
    if (mood === 'drop') socket.resetAndDestroy();
    else if (mood === 'stall') socket.write(half(answer));
    else if (mood === 'drip') drip(socket, answer);
    else if (mood === 'cut') socket.end(half(answer));
    else socket.end(answer);
  };

  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    let served = false;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const request = whole(bytes);
      if (request === null || served) return;
      served = true;
      void serve(socket, request.head, request.request).catch(() => socket.destroy());
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });

  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    arrived,
    mood: async (mood, times = Infinity) => {
      current = mood;
      left = times;
      if (mood === 'refuse' && server.listening) await close();
      if (mood !== 'refuse' && !server.listening) await listen(port);
    },
    stop: async () => {
      if (server.listening) await close();
    },
  };
}
