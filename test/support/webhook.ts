/** A receiver of alarms over a real socket: it checks signatures with the library that receivers use. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export const WEBHOOK_SECRET = `whsec_${Buffer.from('a webhook secret of 32 characters').toString('base64')}`;

/** An alarm as the webhook is told of it. */
export interface AlarmMessage {
  readonly type: string;
  readonly timestamp: string;
  readonly data: {
    readonly id: string;
    readonly kind: string;
    readonly tenant: string | null;
    readonly count: number;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

export interface Arrival {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** Null where the signature is not that of the secret. */
  readonly message: AlarmMessage | null;
}

export interface Receiver {
  readonly url: string;
  readonly arrivals: Arrival[];
  /** Answers from now on: a status with headers, or nothing at all. */
  readonly answers: (answer: number | 'silence', headers?: Readonly<Record<string, string>>) => void;
  readonly stop: () => Promise<void>;
}

function verified(body: string, headers: Readonly<Record<string, string>>): AlarmMessage | null {
  try {
    return new Webhook(WEBHOOK_SECRET).verify(body, headers) as AlarmMessage;
  } catch {
    return null;
  }
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const arrivals: Arrival[] = [];
  let answer: number | 'silence' = 204;
  let answerHeaders: Readonly<Record<string, string>> = {};
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      arrivals.push({
        id: headers['webhook-id'] ?? '',
        method: request.method ?? '',
        target: request.url ?? '',
        headers,
        body,
        message: verified(body, headers),
      });
      if (answer !== 'silence') response.writeHead(answer, answerHeaders).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?for=alarms`,
    arrivals,
    answers: (next, headers = {}) => {
      answer = next;
      answerHeaders = headers;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
