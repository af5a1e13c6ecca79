/**
 * A load generator for machines without wrk. Each connection sends its next request when the answer to the last is
 * there. It reads just enough HTTP/1.1 to know where an answer ends: a full client costs more CPU than some targets do.
 */
import { connect, type Socket } from 'node:net';
import * as z from 'zod';
import type { Load } from './load.ts';

const Ask = z.object({ url: z.url(), token: z.string(), connections: z.int(), seconds: z.number() });
const ask = Ask.parse(JSON.parse(process.argv[2] ?? ''));
const { hostname, port, host, pathname } = new URL(ask.url);
const MESSAGE = Buffer.from(
  `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${ask.token}\r\n\r\n`,
);

const HEAD_END = Buffer.from('\r\n\r\n');
/** Also the end of a chunked body with no trailers; JSON cannot hold these bytes. */
const CHUNKED_END = Buffer.from('\r\n0\r\n\r\n');

const EMPTY: Buffer = Buffer.alloc(0);

const latenciesMs: number[] = [];
let failures = 0;
const beganMs = performance.now();
const endMs = beganMs + ask.seconds * 1000;

await Promise.all(Array.from({ length: ask.connections }, () => drive()));

const seconds = (performance.now() - beganMs) / 1000;
const sorted = Float64Array.from(latenciesMs).toSorted();
const quantile = (q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
const result: Load = {
  requests: sorted.length,
  seconds,
  p50Ms: quantile(0.5),
  p99Ms: quantile(0.99),
  failures,
};
console.log(JSON.stringify(result));

function drive(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let sentMs = 0;
    const send = () => {
      sentMs = performance.now();
      socket.write(MESSAGE);
    };
    socket.once('connect', send);
    socket.once('error', () => {
      failures += 1;
    });
    socket.once('close', () => resolve());
    onAnswers(socket, (status) => {
      const nowMs = performance.now();
      latenciesMs.push(nowMs - sentMs);
      if (status < 200 || status > 299) failures += 1;
      if (nowMs < endMs) send();
      else socket.destroy();
    });
  });
}

/** Calls back at the end of every answer. Nothing is pipelined, so an answer's last byte is the last there is. */
function onAnswers(socket: Socket, answered: (status: number) => void): void {
  let head = EMPTY;
  let answer: Answer | null = null;
  socket.on('data', (data: Buffer) => {
    let body = data;
    if (answer === null) {
      head = head.length === 0 ? data : Buffer.concat([head, data]);
      const end = head.indexOf(HEAD_END);
      if (end === -1) return;
      answer = answerOf(head.toString('latin1', 0, end));
      // The second half of the blank line belongs to the end of a body without chunks.
      body = head.subarray(end + (answer.bytesLeft === null ? 2 : HEAD_END.length));
      head = EMPTY;
    }
    if (!takeBody(answer, body)) return;
    const { status } = answer;
    answer = null;
    answered(status);
  });
}

interface Answer {
  readonly status: number;
  /** `null` in an answer in chunks. */
  bytesLeft: number | null;
  /** The last bytes of it. */
  tail: Buffer;
}

function answerOf(head: string): Answer {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return {
    status: Number(head.slice(9, 12)),
    bytesLeft: length === undefined ? null : Number(length),
    tail: EMPTY,
  };
}

/** Whether the answer ends with these bytes. */
function takeBody(answer: Answer, body: Buffer): boolean {
  if (answer.bytesLeft !== null) {
    answer.bytesLeft -= body.length;
    return answer.bytesLeft <= 0;
  }
  const end = body.subarray(-CHUNKED_END.length);
  answer.tail = Buffer.concat([answer.tail, end]).subarray(-CHUNKED_END.length);
  return answer.tail.equals(CHUNKED_END);
}
