/** `npm start`: the gateway on this machine, in front of the PostHog it is told of, or of the sandbox. */
import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { registerDemo } from './demo.ts';
import { firstSteps } from './first-steps.ts';
import { freePort } from './port.ts';
import { openPostHog } from './posthog.ts';
import { readSettings } from './settings.ts';
import { checkStateKept, openState } from './state.ts';
import { readWorkerConfig, REPOSITORY, settingNames, startWorker } from './worker.ts';

const CONFIG = 'wrangler.toml';
const HOME = process.env['HEDGEROW_FOLDER'] ?? REPOSITORY;

async function start(): Promise<void> {
  const config = readWorkerConfig(CONFIG);
  const file = join(HOME, '.dev.vars');
  const settings = readSettings({ environment: process.env, file, names: settingNames(config) });
  for (const note of settings.notes) console.log(note);
  await checkPortFree(settings.port);
  const state = openState(HOME, settings);
  const postHog = await openPostHog(settings, state.folder);
  const bindings = {
    ...settings.variables,
    ...settings.secrets,
    POSTHOG_HOST: postHog.host,
    POSTHOG_PERSONAL_API_KEY: postHog.key,
  };
  checkSettings({ ...config.vars, ...bindings });
  const stateFolder = join(state.folder, 'gateway');
  const gateway = await startWorker({
    config: CONFIG,
    port: settings.port,
    bindings,
    stateFolder,
    onLine: (line) => console.log(line),
  });
  onSignal(async () => {
    await Promise.allSettled([gateway.stop(), postHog.sandbox?.stop()]);
    state.close();
  });
  await writeOnce(gateway.origin, settings.secrets.ADMIN_TOKEN);
  checkStateKept(stateFolder);

  if (postHog.sandbox === null) {
    console.log(
      `Hedgerow listens on ${gateway.origin}, in front of ${postHog.host}. Its state is in ${stateFolder}.`,
    );
    console.log(firstSteps({ origin: gateway.origin, adminTokenIn: settings.adminTokenIn, file }));
  } else {
    console.log(`Hedgerow listens on ${gateway.origin}, in front of the sandbox on ${postHog.host}.`);
    console.log('Both start anew each time: persons, tenants and log are forgotten when they stop.');
    console.log(await registerDemo(gateway.origin, settings.secrets.ADMIN_TOKEN));
  }
}

async function checkPortFree(port: number): Promise<void> {
  if (port !== 0 && !(await freePort(port))) {
    throw new Error(`Port ${port} is taken. Choose another: PORT=8788 npm start`);
  }
}

/** The gateway would answer 503 to everything; here the operator is still looking. */
function checkSettings(bindings: Readonly<Record<string, string>>): void {
  const read = readConfig(bindings);
  if (!read.ok) throw new Error(`Not started: ${read.problems.join('; ')}.`);
}

/** Wakes the directory of tenants, which writes its tables. */
async function writeOnce(origin: string, adminToken: string): Promise<void> {
  const response = await fetch(`${origin}/admin/v1/tenants`, {
    headers: { Authorization: `Bearer ${adminToken}` },
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`The gateway answered its first request with ${response.status}.`);
}

function onSignal(stop: () => Promise<void>): void {
  const end = () => void stop().then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
}

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
