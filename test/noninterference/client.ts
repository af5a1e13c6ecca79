/** A client that keeps its connections: thousands of calls one after the other cost a handshake each otherwise. */
import { Agent, request as httpRequest } from 'node:http';
import { parsed, type Answer, type Sending } from '../support/client.ts';

/** Shorter than workerd waits for the next request, so that it is never the server who hangs up first. */
const IDLE_MS = 1500;

/** What the gateways are called by their clients: links are the same in both worlds, to the byte. */
const HOST = 'gateway.test';

export interface Keeping {
  readonly send: (method: string, path: string, sending?: Sending) => Promise<Answer>;
  readonly close: () => void;
}

export function keepingClient(origin: string): Keeping {
  const { hostname, port } = new URL(origin);
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  return {
    close: () => agent.destroy(),
    send: (method, path, { token, json } = {}) =>
      new Promise((resolve, reject) => {
        const payload = json === undefined ? undefined : JSON.stringify(json);
        const headers = {
          host: HOST,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
        };
        const asked = httpRequest({ hostname, port, method, path, headers, agent }, (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            const flat: Record<string, string> = {};
            for (const [name, value] of Object.entries(incoming.headers)) flat[name] = String(value);
            resolve({ status: incoming.statusCode ?? 0, headers: flat, text, json: parsed(text) });
          });
        });
        asked.on('error', reject);
        asked.end(payload);
      }),
  };
}
