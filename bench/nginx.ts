/** nginx, as the upstream and as a peer: own configuration and port, one worker, nothing of the system's. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostHog } from './gateway.ts';
import type { Side } from './machine.ts';
import { PAGE, PATH } from './page.ts';
import { start, type Served } from './process.ts';

/** Serves the page from a file. */
export function startNginxUpstream(binary: string, folder: string): Promise<Served> {
  writeFileSync(join(folder, 'page.json'), PAGE);
  return startNginx(
    binary,
    join(folder, 'nginx-upstream'),
    'rest',
    (port) => `
      default_type application/json;
      open_file_cache max=10;
      server {
        listen 127.0.0.1:${port} reuseport;
        location = ${PATH} { root ${folder}; try_files /page.json =404; }
      }`,
  );
}

/** Proxies with the key put in and a rate by Authorization header. It verifies no token. */
export function startNginxProxy(
  binary: string,
  folder: string,
  { origin: posthog, key }: PostHog,
): Promise<Served> {
  return startNginx(
    binary,
    join(folder, 'nginx-proxy'),
    'target',
    (port) => `
      limit_req_zone $http_authorization zone=tokens:10m rate=1000000r/s;
      upstream posthog { server ${new URL(posthog).host}; keepalive 128; keepalive_requests 1000000000; }
      server {
        listen 127.0.0.1:${port} reuseport;
        location ${PATH} {
          limit_req zone=tokens burst=1000000 nodelay;
          proxy_pass http://posthog;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Authorization "Bearer ${key}";
        }
      }`,
  );
}

async function startNginx(
  binary: string,
  folder: string,
  side: Side,
  servers: (port: number) => string,
): Promise<Served> {
  mkdirSync(folder);
  const port = await takePort();
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, configOf(folder, servers(port)));
  const child = start(
    side,
    binary,
    ['-p', folder, '-e', 'error.log', '-c', config],
    ['ignore', 'ignore', 'inherit'],
  );
  const origin = `http://127.0.0.1:${port}`;
  await untilItAnswers(origin);
  return { origin, process: child };
}

/** As root nginx would hand its workers to an account that cannot read our folder. */
const user = (): string => (process.getuid?.() === 0 ? 'user root;' : '');

const configOf = (folder: string, servers: string): string => `
  ${user()}
  daemon off;
  worker_processes 1;
  pid nginx.pid;
  events { worker_connections 1024; }
  http {
    access_log off;
    keepalive_requests 1000000000;
    ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n    ')}
    ${servers}
  }
`;

/** A port nothing listens on. nginx cannot be told to choose one. */
async function takePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
}

const TRIES = 200;

async function untilItAnswers(origin: string): Promise<void> {
  for (let i = 0; i < TRIES; i += 1) {
    try {
      await (await fetch(origin + PATH)).arrayBuffer();
      return;
    } catch {
      await sleep(10);
    }
  }
  throw new Error('nginx did not start');
}
