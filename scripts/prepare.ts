/** What `npm start` and `npm run dev` do before they run the gateway: settings read, state opened, PostHog at hand. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { checkPortFree, portAfter } from './port.ts';
import { openPostHog, type PostHog } from './posthog.ts';
import { readSettings, type Settings } from './settings.ts';
import { checkStateFree, openState } from './state.ts';
import { readWorkerConfig, settingNames } from './worker-config.ts';
import { REPOSITORY, type BesideOptions } from './worker.ts';

export const CONFIG = 'wrangler.toml';
export const CONSOLE_CONFIG = 'wrangler.console.toml';
const HOME = process.env['HEDGEROW_FOLDER'] ?? REPOSITORY;

export interface Prepared {
  readonly settings: Settings;
  /** Path of `.dev.vars`. */
  readonly file: string;
  readonly postHog: PostHog;
  /** Variables and secrets of the gateway. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly stateFolder: string;
  /** The operator console, beside the gateway. */
  readonly console: BesideOptions;
  /** Stops the sandbox and lets another gateway have the state. */
  readonly close: () => Promise<void>;
}

/** Kept nowhere: who has signed in does so again after a start. */
const SESSION_KEY_BYTES = 32;

/** `command` is what the operator typed. @throws with a sentence for the operator. */
export async function prepare(command: 'npm start' | 'npm run dev'): Promise<Prepared> {
  const config = readWorkerConfig(CONFIG);
  const file = join(HOME, '.dev.vars');
  const settings = readSettings({ environment: process.env, file, names: settingNames(config) });
  for (const note of settings.notes) console.log(note);
  checkStateFree(HOME, settings);
  const { port, consolePort } = settings;
  await checkPortsFree(port, consolePort ?? 0, command);
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
    console: {
      config: CONSOLE_CONFIG,
      port: consolePort ?? (await portAfter(port)),
      bindings: { CONSOLE_SESSION_KEY: randomBytes(SESSION_KEY_BYTES).toString('base64url') },
    },
    close: async () => {
      await postHog.sandbox?.stop();
      state.close();
    },
  };
}

/** @throws with a sentence where one of them is taken. 0 is always free. */
export async function checkPortsFree(port: number, consolePort: number, command: string): Promise<void> {
  await checkPortFree({ variable: 'PORT', port, command });
  await checkPortFree({ variable: 'CONSOLE_PORT', port: consolePort, command });
}

/** The gateway would answer 503 to everything; here the operator is still looking. */
function checkSettings(bindings: Readonly<Record<string, string>>): void {
  const read = readConfig(bindings);
  if (!read.ok) throw new Error(`Not started: ${read.problems.join('; ')}.`);
}
