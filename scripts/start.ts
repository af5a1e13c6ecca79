/** `npm start`: the gateway on this machine, in front of the PostHog it is told of, or of the sandbox. */
import { join } from 'node:path';
import { registerDemo } from './demo.ts';
import { firstSteps } from './first-steps.ts';
import { onSignal } from './on-signal.ts';
import { checkPortsFree, CONFIG, prepare } from './prepare.ts';
import { runMain } from './run-main.ts';
import { checkStateKept } from './state.ts';
import { startWorker } from './worker.ts';

const COMMAND = 'npm start';

async function start(): Promise<void> {
  const { settings, file, postHog, bindings, stateFolder, console: beside, close } = await prepare(COMMAND);
  const folder = join(stateFolder, 'gateway');
  const gateway = await startWorker({
    config: CONFIG,
    port: settings.port,
    bindings,
    stateFolder: folder,
    beside,
    onLine: (line) => console.log(line),
  }).catch(async (error: unknown) => {
    // Another program may have taken a port since it was looked at.
    await checkPortsFree(settings.port, beside.port, COMMAND);
    throw error;
  });
  onSignal(async () => {
    await gateway.stop();
    await close();
  });
  await writeOnce(gateway.origin, settings.secrets.ADMIN_TOKEN);
  checkStateKept(folder);

  const consoleLine =
    `The console is at ${gateway.besideOrigin}: sign in with the ADMIN_TOKEN ` +
    `${settings.adminTokenIn === 'file' ? `in ${file}` : 'of the environment'}.`;
  if (postHog.sandbox === null) {
    console.log(
      `Hedgerow listens on ${gateway.origin}, in front of ${postHog.host}. Its state is in ${folder}.`,
    );
    console.log(consoleLine);
    console.log(firstSteps({ origin: gateway.origin, adminTokenIn: settings.adminTokenIn, file }));
  } else {
    console.log(`Hedgerow listens on ${gateway.origin}, in front of the sandbox on ${postHog.host}.`);
    console.log(consoleLine);
    console.log('All of it starts anew each time: persons, tenants and log are forgotten when they stop.');
    console.log(await registerDemo(gateway.origin, settings.secrets.ADMIN_TOKEN));
  }
}

/** Wakes the directory of tenants, which writes its tables. */
async function writeOnce(origin: string, adminToken: string): Promise<void> {
  const response = await fetch(`${origin}/admin/v1/tenants`, {
    headers: { Authorization: `Bearer ${adminToken}` },
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`The gateway answered its first request with ${response.status}.`);
}

await runMain(start);
