/** Bytes on a socket: for requests that no HTTP client would make. */
import { connect } from 'node:net';
import { parsed } from './client.ts';
import type { Recorder } from './recorder.ts';

/** What came back until the server closed the connection. */
export interface RawAnswer {
  /** Of every answer that came, in order. */
  readonly statuses: readonly number[];
  /** The first body as JSON, where it is. */
  readonly json: unknown;
  readonly text: string;
}

export type SendRaw = (...parts: readonly (string | Uint8Array)[]) => Promise<RawAnswer>;

/** Milliseconds after which a server that neither answers nor closes has failed a test. */
const PATIENCE_MS = 15_000;

/** Sends exactly these bytes and reads until the server closes, so say `Connection: close` in the last request. */
export function rawClient(origin: string, recorder: Recorder): SendRaw {
  const { hostname, port } = new URL(origin);
  return (...parts) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = connect({ host: hostname, port: Number(port) }, () => {
        for (const part of parts) socket.write(part);
      });
      socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('the server kept the connection open')));
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', (error: NodeJS.ErrnoException) => {
        // A server that refuses a request before it is all sent may reset the connection behind its answer.
        if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
      });
      socket.on('close', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const sent = parts.map((part) => (typeof part === 'string' ? part : '')).join('');
        recorder.asked(sent.split(' ', 2)[1] ?? '', sent, /^authorization: (.*)\r$/im.exec(sent)?.[1]);
        recorder.answered(sent.split('\r\n', 1)[0] ?? '', 0, '', text);
        const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]));
        const body = text.split('\r\n\r\n', 2)[1] ?? '';
        const chunked = /^[0-9a-f]+\r\n/i.test(body) ? body.split('\r\n')[1] : body;
        resolve({ statuses, text, json: parsed(chunked ?? '') });
      });
    });
}
