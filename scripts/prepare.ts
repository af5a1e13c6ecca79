/** What `npm start` and `npm run dev` do before they run the gateway: settings read, state opened, PostHog at hand. */
import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { checkPortFree } from './port.ts';
import { openPostHog, type PostHog } from './posthog.ts';
import { readSettings, type Settings } from './settings.ts';
import { checkStateFree, openState } from './state.ts';
import { readWorkerConfig, REPOSITORY, settingNames } from './worker.ts';

export const CONFIG = 'wrangler.toml';
const HOME = process.env['HEDGEROW_FOLDER'] ?? REPOSITORY;

export interface Prepared {
  readonly settings: Settings;
  /** Path of `.dev.vars`. */
  readonly file: string;
  readonly postHog: PostHog;
  /** Variables and secrets of the gateway. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly stateFolder: string;
  /** Stops the sandbox and lets another gateway have the state. */
  readonly close: () => Promise<void>;
}

/** @throws with a sentence for the operator. */
export async function prepare(): Promise<Prepared> {
  const config = readWorkerConfig(CONFIG);
  const file = join(HOME, '.dev.vars');
  const settings = readSettings({ environment: process.env, file, names: settingNames(config) });
  for (const note of settings.notes) console.log(note);
  checkStateFree(HOME, settings);
  await checkPortFree(settings.port, 'PORT=8788 npm start');
  const state = openState(HOME, settings);
  const postHog = await openPostHog(settings, state.folder);
  const bindings = {
    ...settings.variables,
    ...settings.secrets,
    POSTHOG_HOST: postHog.host,
    POSTHOG_PERSONAL_API_KEY: postHog.key,
  };
  checkSettings({ ...config.vars, ...bindings });
  return {
    settings,
    file,
    postHog,
    bindings,
    stateFolder: state.folder,
    close: async () => {
      await postHog.sandbox?.stop();
      state.close();
    },
  };
}

/** The gateway would answer 503 to everything; here the operator is still looking. */
function checkSettings(bindings: Readonly<Record<string, string>>): void {
  const read = readConfig(bindings);
  if (!read.ok) throw new Error(`Not started: ${read.problems.join('; ')}.`);
}
