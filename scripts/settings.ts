/** What a local run is set up with: the environment first, `.dev.vars` second, and secrets made up where neither has them. */
import { randomBytes } from 'node:crypto';
import { appendDevVars, readDevVars, type Values } from './dev-vars.ts';
import { portOf } from './port.ts';

export interface Settings {
  readonly port: number;
  /** Of the console; null: the one after the gateway's, or any that is free. */
  readonly consolePort: number | null;
  readonly secrets: { readonly ADMIN_TOKEN: string; readonly TOKEN_SIGNING_KEYS: string };
  /** Where the admin token can be read again. */
  readonly adminTokenIn: 'environment' | 'file';
  /** The PostHog to stand in front of, or `null` for the sandbox. */
  readonly postHog: { readonly host: string; readonly key: string } | null;
  /** Variables of wrangler.toml that are set otherwise. */
  readonly variables: Readonly<Record<string, string>>;
  /** Sentences for the operator: what was made up, and what is set but not known. */
  readonly notes: readonly string[];
}

export interface SettingsSource {
  readonly environment: Values;
  /** Path of `.dev.vars`. */
  readonly file: string;
  /** Names of the variables and secrets in wrangler.toml. */
  readonly names: readonly string[];
}

const PORT_DEFAULT = 8787;
const SECRET_BYTES = 32;
const POSTHOG = ['POSTHOG_HOST', 'POSTHOG_PERSONAL_API_KEY'];
const SECRETS = ['ADMIN_TOKEN', 'TOKEN_SIGNING_KEYS'];
/** Of the launcher alone; the Worker does not know them. */
const LAUNCHER = ['PORT', 'CONSOLE_PORT', 'HEDGEROW_FOLDER'];
/** What a misspelt variable of ours begins with. Other programs have POSTHOG_ variables too: a note, not a refusal. */
const LIKE_OURS = /^(?:CONSOLE|POSTHOG|HEDGEROW|TOKEN|ADMIN|INSIGHT|DELETE|DELETION|ALARM)_/;

/** Reads the settings; secrets that had to be made up are appended to the file. @throws with a sentence. */
export function readSettings({ environment, file, names }: SettingsSource): Settings {
  const inFile = readDevVars(file);
  const given = withoutEmpty(environment);
  const values: Values = { ...withoutEmpty(inFile), ...given };
  const made = {
    ...(values['ADMIN_TOKEN'] === undefined ? { ADMIN_TOKEN: secret() } : {}),
    ...(values['TOKEN_SIGNING_KEYS'] === undefined ? { TOKEN_SIGNING_KEYS: `k1:${secret()}` } : {}),
  };
  const settings = {
    port: portOf('PORT', values['PORT'] ?? String(PORT_DEFAULT)),
    consolePort: values['CONSOLE_PORT'] === undefined ? null : portOf('CONSOLE_PORT', values['CONSOLE_PORT']),
    postHog: postHogOf(values),
    notes: [...notesOf(inFile, given, names), ...madeNote(made, file)],
  };
  appendDevVars(file, made);
  const { ADMIN_TOKEN = '', TOKEN_SIGNING_KEYS = '' } = { ...values, ...made };
  return {
    ...settings,
    secrets: { ADMIN_TOKEN, TOKEN_SIGNING_KEYS },
    adminTokenIn: given['ADMIN_TOKEN'] === undefined ? 'file' : 'environment',
    variables: Object.fromEntries(
      names
        .filter((name) => ![...POSTHOG, ...SECRETS].includes(name))
        .flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
    ),
  };
}

const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

const withoutEmpty = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));

function notesOf(inFile: Values, given: Values, names: readonly string[]): string[] {
  const known = [...names, ...LAUNCHER];
  const unknown = [
    ...Object.keys(inFile).map((name) => [name, 'in .dev.vars'] as const),
    ...Object.keys(given)
      .filter((name) => LIKE_OURS.test(name))
      .map((name) => [name, 'in the environment'] as const),
  ].filter(([name]) => !known.includes(name));
  return unknown.map(
    ([name, where]) =>
      `${name} ${where} is no setting of Hedgerow and is ignored. Settings: ${known.join(', ')}.`,
  );
}

const madeNote = (made: object, file: string): string[] =>
  Object.keys(made).length === 0
    ? []
    : [`${Object.keys(made).join(' and ')} were made up and written to ${file}.`];

function postHogOf(values: Values): Settings['postHog'] {
  const { POSTHOG_HOST: host, POSTHOG_PERSONAL_API_KEY: key } = values;
  if (host !== undefined && key !== undefined) return { host, key };
  if (host === undefined && key === undefined) return null;
  const missing = host === undefined ? 'POSTHOG_HOST' : 'POSTHOG_PERSONAL_API_KEY';
  throw new Error(`${missing} is not set. Set both to use a PostHog, or neither to use the sandbox.`);
}
