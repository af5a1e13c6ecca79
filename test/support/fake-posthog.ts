/** A PostHog that answers whatever a test wants, for what the sandbox would never say. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakePostHog {
  readonly origin: string;
  /** What is answered from now on, by path and query. */
  readonly answers: (answer: (target: string) => unknown) => void;
  /** Method, path and query of everything that came. */
  readonly heard: string[];
  readonly stop: () => Promise<void>;
}

const emptyPage: (target: string) => unknown = () => ({ results: [], next: null });

export async function startFakePostHog(): Promise<FakePostHog> {
  const heard: string[] = [];
  let answerOf = emptyPage;
  const server = createServer((request, response) => {
    const target = request.url ?? '';
    heard.push(`${request.method ?? ''} ${target}`);
    request.resume();
    request.on('end', () => {
      const text = JSON.stringify(answerOf(target));
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: (answer) => {
      answerOf = answer;
    },
    heard,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
