/** `npm run dev`: `wrangler dev`, with its reloading and its debugger, over what `npm start` would stand in front of. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from './prepare.ts';
import { runMain } from './run-main.ts';
import { REPOSITORY } from './worker.ts';

const WRANGLER = join(REPOSITORY, 'node_modules/wrangler/bin/wrangler.js');

async function dev(): Promise<void> {
  const { settings, file, postHog, bindings, stateFolder, close } = await prepare();
  // In a file, because others on this machine can read a command line.
  const variables = join(stateFolder, 'dev.env');
  writeFileSync(
    variables,
    Object.entries(bindings)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );
  console.log(
    `In front of ${postHog.sandbox === null ? '' : 'the sandbox on '}${postHog.host}. ADMIN_TOKEN is in ${settings.adminTokenIn === 'file' ? file : 'the environment'}.`,
  );
  const wrangler = spawn(
    process.execPath,
    [
      WRANGLER,
      'dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(settings.port),
      '--env-file',
      variables,
      '--persist-to',
      join(stateFolder, 'dev'),
    ],
    {
      cwd: REPOSITORY,
      stdio: 'inherit',
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
    },
  );
  // Ctrl-C reaches wrangler too, and this process ends after it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => wrangler.kill(signal));
  }
  await once(wrangler, 'exit');
  await close();
  process.exit(wrangler.exitCode ?? 0);
}

await runMain(dev);
