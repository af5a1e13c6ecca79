/** One of two worlds: a sandbox with people in it, a gateway in front, and Acme, who knows nothing of the rest. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startWorker, type LocalWorker } from '../../scripts/worker.ts';
import type { Generation } from '../../src/catalogue/generation.ts';
import type { Others, People, Scene } from './scenes.ts';
import type { Answer } from '../support/client.ts';
import { keepingClient } from './client.ts';
import { replaceExports, type Replacement } from './replace-exports.ts';
import { NOW, type SandboxState } from '../support/sandbox.ts';
import { UNHURRIED } from '../support/stack.ts';
import { ADMIN_TOKEN, KEY, SECRETS } from '../support/secrets.ts';
import { EVERYTHING } from '../support/tenants.ts';

export interface World {
  /** Asks the gateway as Acme. */
  readonly ask: (method: string, target: string, json?: unknown) => Promise<Answer>;
  /** Makes the world anew, with a new Acme whose log is empty. */
  readonly restore: (scene: Scene, side: 'left' | 'right', tenant: string) => Promise<void>;
  readonly state: () => Promise<SandboxState>;
  readonly stop: () => Promise<void>;
}

/** Objects wait for their storage before they answer; a folder in memory, where the system has one, does not keep them. */
const MEMORY = '/dev/shm';

async function launch(
  config: string,
  bindings: Readonly<Record<string, string>>,
  replacements: readonly Replacement[],
): Promise<LocalWorker> {
  const folder = existsSync(MEMORY) ? mkdtempSync(join(MEMORY, 'hedgerow-')) : null;
  const worker = await startWorker({
    config,
    port: 0,
    bindings,
    stateFolder: folder,
    onLine: () => undefined,
    ...(replacements.length === 0 ? {} : { plugins: [replaceExports(replacements)] }),
  });
  const stop = async (): Promise<void> => {
    await worker.stop();
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  };
  return { ...worker, stop };
}

async function done(work: Promise<Answer>, what: string): Promise<unknown> {
  const answer = await work;
  if (answer.status >= 300) throw new Error(`${what}: ${answer.status} ${answer.text}`);
  return answer.json;
}

/** A world whose gateway and sandbox have these functions replaced. */
export async function startWorld(
  generation: Generation,
  replacements: readonly Replacement[] = [],
): Promise<World> {
  const sandbox = await launch('src/sandbox/wrangler.toml', { SANDBOX_API_KEY: KEY }, replacements);
  const variables = {
    ...SECRETS,
    POSTHOG_HOST: sandbox.origin,
    ...UNHURRIED,
    POSTHOG_GENERATION: generation,
    // With this the operations are served that answer for the project the key's owner has open.
    POSTHOG_OWNERS_PROJECT: '1',
  };
  const gateway = await launch('wrangler.toml', variables, replacements);
  const [toGateway, toSandbox] = [keepingClient(gateway.origin), keepingClient(sandbox.origin)];
  let token = '';

  const control = (method: string, path: string, json?: unknown): Promise<unknown> =>
    done(toSandbox.send(method, `/_sandbox/${path}`, json === undefined ? {} : { json }), path);
  const postHog = (method: string, path: string, json: unknown): Promise<unknown> =>
    done(toSandbox.send(method, path, { json, token: KEY }), path);
  const admin = (method: string, path: string, json: unknown): Promise<unknown> =>
    done(toGateway.send(method, `/admin/v1/tenants/${path}`, { json, token: ADMIN_TOKEN }), path);

  const add = async ({ people, events }: People): Promise<void> => {
    if (people.length > 0) await control('POST', 'persons', people);
    if (events.length > 0) await control('POST', 'events', events);
  };
  const addOthers = async (others: Others): Promise<void> => {
    await add(others);
    await Promise.all(
      others.changed.map(({ uuid, project, set }) =>
        postHog('PATCH', `/api/projects/${project}/persons/${uuid}/`, { properties: set }),
      ),
    );
    await Promise.all(
      others.gone.map(({ uuid, project }) =>
        postHog('POST', `/api/projects/${project}/persons/bulk_delete/`, { ids: [uuid] }),
      ),
    );
    if (others.back.length > 0) await control('POST', 'events', others.back);
  };

  const people = async (scene: Scene, side: 'left' | 'right'): Promise<void> => {
    await control('POST', 'reset', { now: NOW, throttle: false });
    await add(scene.own);
    await addOthers(scene[side]);
    // Last, as some of them say what cannot be deleted and how.
    await control('PATCH', 'settings', { ...scene.settings, generation });
  };
  const newAcme = async (scene: Scene, tenant: string): Promise<void> => {
    await admin('PUT', tenant, { slice: null, ...EVERYTHING, ...scene.record });
    token = ((await admin('POST', `${tenant}/tokens`, { name: 'a backend' })) as { token: string }).token;
  };

  return {
    ask: (method, target, json) => toGateway.send(method, target, { json, token }),
    restore: async (scene, side, tenant) => {
      await Promise.all([people(scene, side), newAcme(scene, tenant)]);
    },
    state: async () => (await control('GET', 'state')) as SandboxState,
    stop: async () => {
      toGateway.close();
      toSandbox.close();
      await Promise.all([gateway.stop(), sandbox.stop()]);
    },
  };
}
