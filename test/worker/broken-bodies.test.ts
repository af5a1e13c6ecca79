/** Bodies that break off or are framed wrongly: the client's mistake, on every route that reads one. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { FAILURES } from '../../src/core/failure.ts';
import { ROUTES } from '../../src/http/routes.ts';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { together } from '../support/client.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { origin, get, admin, sandbox, tenants, recorder } = await startStack();
const { tenant, token } = await tenants.fresh();
await sandbox.forget();

/** Sends the bytes, ends the sending half of the connection, and gives back what is answered. */
const halfClosed = (text: string): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(origin);
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.end(text));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });

const BROKEN: readonly (readonly [string, readonly string[], string])[] = [
  ['is shorter than its Content-Length', ['Content-Length: 1000'], '{"name":'],
  ['has a Content-Length and nothing else', ['Content-Length: 10'], ''],
  ['has a chunk whose size is no number', ['Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n'],
  ['has a chunk that is longer than its size', ['Transfer-Encoding: chunked'], '1\r\n{}}}\r\n0\r\n\r\n'],
  ['ends in the middle of a chunk', ['Transfer-Encoding: chunked'], '5\r\n{"'],
  ['ends without its last chunk', ['Transfer-Encoding: chunked'], '2\r\n{}\r\n'],
];

const WRITING = ROUTES.filter(({ method }) => method !== 'GET').map(({ method, path, plane }) => ({
  method,
  token: plane === 'admin' ? ADMIN_TOKEN : token,
  path: path
    .replace(/:family\{[^}]*\}/, 'projects')
    .replace(/:project_id\{[^}]*\}/, '1')
    .replace(/:id\{[^}]*\}/, ADA.uuid)
    .replace(':tenant', tenant)
    .replace(':id', `tok_${'A'.repeat(22)}`),
}));

test.each(BROKEN)(
  'A body that %s is a 400 of its own code on every route, and nothing is done',
  async (...broken) => {
    const [, framing, body] = broken;
    const before = (await admin('GET', `/${tenant}`)).text;
    const answers = await together(WRITING, ({ method, path, token: sent }) =>
      halfClosed(
        [
          `${method} ${path} HTTP/1.1`,
          `Host: ${new URL(origin).host}`,
          `Authorization: Bearer ${sent}`,
          'Content-Type: application/json',
          ...framing,
          'Connection: close',
          '',
          body,
        ].join('\r\n'),
      ),
    );
    for (const [i, { method, path }] of WRITING.entries()) {
      const answer = answers[i] ?? '';
      expect(answer.split('\r\n', 1)[0], `${method} ${path} ${answer}`).toBe('HTTP/1.1 400 Bad Request');
      expect(answer).toContain('"code":"body_incomplete"');
      expect(answer).toContain(FAILURES.body_incomplete.title);
    }
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
    expect((await admin('GET', `/${tenant}`)).text).toBe(before);
    expect((await get(token, '/v1/whoami')).status).toBe(200);
    expect(recorder.lines.filter((line) => line.includes('"defect"') || !line.startsWith('{"'))).toEqual([]);
  },
);
