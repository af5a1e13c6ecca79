/** A PostHog that answers whatever a test wants, for what the sandbox would never say. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is answered: JSON by default, or a text exactly as it is. */
export interface FakeAnswer {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakePostHog {
  readonly origin: string;
  /** The JSON answered with 200 from now on, by path and query. */
  readonly answers: (answer: (target: string) => unknown) => void;
  /** The whole answer from now on, by path and query, and by method. */
  readonly responds: (answer: (target: string, method: string) => FakeAnswer) => void;
  /** Method, path and query of everything that came. */
  readonly heard: string[];
  readonly stop: () => Promise<void>;
}

const emptyPage = (): FakeAnswer => ({ json: { results: [], next: null } });

export async function startFakePostHog(): Promise<FakePostHog> {
  const heard: string[] = [];
  let answerOf: (target: string, method: string) => FakeAnswer = emptyPage;
  const server = createServer((request, response) => {
    const { url: target = '', method = '' } = request;
    heard.push(`${method} ${target}`);
    request.resume();
    request.on('end', () => {
      const { status = 200, json, text = JSON.stringify(json), headers = {} } = answerOf(target, method);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers: (answer) => {
      answerOf = (target) => ({ json: answer(target) });
    },
    responds: (answer) => {
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
