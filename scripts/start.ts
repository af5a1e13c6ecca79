/** `npm start`: the gateway on this machine, in front of the PostHog it is told of, or of the sandbox. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { registerDemo } from './demo.ts';
import { freePort } from './port.ts';
import { readSettings, type Settings } from './settings.ts';
import { REPOSITORY, startWorker, type LocalWorker } from './worker.ts';

interface PostHog {
  readonly host: string;
  readonly key: string;
  readonly sandbox: LocalWorker | null;
}

async function start(): Promise<void> {
  const settings = readSettings(process.env, join(REPOSITORY, '.dev.vars'));
  await refuseTakenPort(settings.port);
  const postHog = await postHogOf(settings);
  const gateway = await startWorker({
    config: 'wrangler.toml',
    port: settings.port,
    bindings: {
      ...settings.variables,
      ...settings.secrets,
      POSTHOG_HOST: postHog.host,
      POSTHOG_PERSONAL_API_KEY: postHog.key,
    },
    stateFolder: stateFolderOf(settings),
    onLine: (line) => console.log(line),
  });
  stopOnSignal([gateway, ...(postHog.sandbox === null ? [] : [postHog.sandbox])]);

  console.log(
    `Hedgerow listens on ${gateway.origin}, in front of ${postHog.sandbox === null ? postHog.host : 'the sandbox'}.`,
  );
  if (settings.generated) console.log('Secrets were made up and written to .dev.vars.');
  console.log(await instructions(gateway.origin, settings, postHog));
}

async function postHogOf({ postHog }: Settings): Promise<PostHog> {
  if (postHog !== null) return { ...postHog, sandbox: null };
  const key = `phx_${randomBytes(24).toString('base64url')}`;
  const sandbox = await startWorker({
    config: 'src/sandbox/wrangler.toml',
    port: 0,
    bindings: { SANDBOX_API_KEY: key },
    stateFolder: null,
    onLine: (line) => console.log(`[sandbox] ${line}`),
  });
  return { host: sandbox.origin, key, sandbox };
}

/**
 * One folder for each PostHog and port: a deletion that is still unknown at one must never be sent to another. The
 * sandbox's people are made up anew at every start, so nothing of it is kept.
 */
const stateFolderOf = ({ postHog, port }: Settings): string | null =>
  postHog === null
    ? null
    : join(REPOSITORY, '.hedgerow', `${postHog.host.replaceAll(/[^A-Za-z0-9.-]+/g, '_')}-${port}`);

async function refuseTakenPort(port: number): Promise<void> {
  if (port !== 0 && !(await freePort(port))) {
    throw new Error(`Port ${port} is taken. Choose another: PORT=8788 npm start`);
  }
}

const instructions = (origin: string, settings: Settings, { sandbox }: PostHog): string | Promise<string> =>
  sandbox === null ? firstSteps(origin) : registerDemo(origin, settings.secrets.ADMIN_TOKEN);

const firstSteps = (origin: string): string => `
Register a tenant and mint a token (ADMIN_TOKEN is in your environment or in .dev.vars):

  curl -X PUT ${origin}/admin/v1/tenants/acme -H "Authorization: Bearer $ADMIN_TOKEN" \\
    -H 'Content-Type: application/json' \\
    -d '{"name": "Acme", "project_id": 1, "scopes": ["person:read"]}'
  curl -X POST ${origin}/admin/v1/tenants/acme/tokens -H "Authorization: Bearer $ADMIN_TOKEN" \\
    -H 'Content-Type: application/json' -d '{"name": "acme backend"}'
`;

function stopOnSignal(workers: readonly LocalWorker[]): void {
  const stop = () => {
    void Promise.allSettled(workers.map((worker) => worker.stop())).then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
