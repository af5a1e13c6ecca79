/** `npm run dev`: gateway and console in `wrangler dev`, with its reloading and its debugger, over what `npm start` would stand in front of. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from './prepare.ts';
import { runMain } from './run-main.ts';
import { REPOSITORY } from './worker.ts';

const WRANGLER = join(REPOSITORY, 'node_modules/wrangler/bin/wrangler.js');

async function dev(): Promise<void> {
  const {
    settings,
    file,
    postHog,
    bindings,
    stateFolder,
    console: beside,
    close,
  } = await prepare('npm run dev');
  console.log(
    `In front of ${postHog.sandbox === null ? '' : 'the sandbox on '}${postHog.host}. ADMIN_TOKEN is in ${settings.adminTokenIn === 'file' ? file : 'the environment'}.`,
  );
  const run = (name: string, options: readonly string[], values: Values, stdio: StdioOptions): ChildProcess =>
    spawn(
      process.execPath,
      [WRANGLER, 'dev', ...options, '--ip', '127.0.0.1', '--env-file', fileOf(stateFolder, name, values)],
      {
        cwd: REPOSITORY,
        stdio,
        env: {
          ...process.env,
          WRANGLER_SEND_METRICS: 'false',
          CLOUDFLARE_CF_FETCH_ENABLED: 'false',
          // The two find each other there, and no Worker of another run.
          WRANGLER_REGISTRY_PATH: join(stateFolder, 'registry'),
        },
      },
    );
  const gateway = run(
    'dev',
    ['--port', String(settings.port), '--persist-to', join(stateFolder, 'dev')],
    bindings,
    'inherit',
  );
  // A debugger of its own, at any port.
  const options = ['--config', beside.config, '--port', String(beside.port), '--inspector-port', '0'];
  const bound = run('console', options, beside.bindings, ['ignore', 'pipe', 'inherit']);
  bound.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const [, address] = /Ready on (\S+)/.exec(text) ?? [];
    if (address !== undefined) console.log(`The console is at ${address}.`);
  });
  // Ctrl-C reaches wrangler too, and this process ends after it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      gateway.kill(signal);
      bound.kill(signal);
    });
  }
  await once(gateway, 'exit');
  bound.kill();
  await close();
  process.exit(gateway.exitCode ?? 0);
}

type Values = Readonly<Record<string, string>>;

/** Variables are in a file, because others on this machine can read a command line. */
function fileOf(folder: string, name: string, values: Values): string {
  const file = join(folder, `${name}.env`);
  const lines = Object.entries(values).map(([variable, value]) => `${variable}='${value}'\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

await runMain(dev);
