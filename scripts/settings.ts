/** What a local run is set up with: the environment first, `.dev.vars` second, and secrets made up where neither has them. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';

export interface Settings {
  readonly port: number;
  readonly secrets: { readonly ADMIN_TOKEN: string; readonly TOKEN_SIGNING_KEYS: string };
  /** Whether the secrets were made up just now. */
  readonly generated: boolean;
  /** The PostHog to stand in front of, or `null` for the sandbox. */
  readonly postHog: { readonly host: string; readonly key: string } | null;
  /** Variables of wrangler.toml that are set otherwise. */
  readonly variables: Readonly<Record<string, string>>;
}

type Values = Readonly<Record<string, string | undefined>>;

const PORT_DEFAULT = 8787;
const SECRET_BYTES = 32;
const OPTIONAL = [
  'POSTHOG_GENERATION',
  'POSTHOG_OWNERS_PROJECT',
  'TOKEN_ISSUER',
  'READ_TIMEOUT_MS',
  'SLOW_TIMEOUT_MS',
] as const;

/** Reads the settings; secrets that had to be made up are appended to the file, for the owner's eyes only. */
export function readSettings(environment: Values, file: string): Settings {
  const values: Values = { ...readVariables(file), ...withoutEmpty(environment) };
  const made = {
    ...(values['ADMIN_TOKEN'] === undefined ? { ADMIN_TOKEN: secret() } : {}),
    ...(values['TOKEN_SIGNING_KEYS'] === undefined ? { TOKEN_SIGNING_KEYS: `k1:${secret()}` } : {}),
  };
  keep(file, made);
  const { ADMIN_TOKEN = '', TOKEN_SIGNING_KEYS = '' } = { ...values, ...made };
  return {
    port: portOf(values['PORT']),
    secrets: { ADMIN_TOKEN, TOKEN_SIGNING_KEYS },
    generated: Object.keys(made).length > 0,
    postHog: postHogOf(values),
    variables: Object.fromEntries(
      OPTIONAL.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
    ),
  };
}

const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

const withoutEmpty = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));

/** `NAME=value` or `NAME="value"` a line, as wrangler reads it; `#` starts a comment line. */
function readVariables(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  const pairs = lines.flatMap((line) => {
    const [, name, value = ''] = /^\s*(?:export\s+)?([A-Z_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value.replace(/^(["'])(.*)\1$/, '$2')] as const];
  });
  return Object.fromEntries(pairs);
}

function keep(file: string, made: Readonly<Record<string, string>>): void {
  const lines = Object.entries(made).map(([name, value]) => `${name}="${value}"\n`);
  if (lines.length === 0) return;
  appendFileSync(file, lines.join(''), { mode: 0o600 });
  chmodSync(file, 0o600);
}

function portOf(text: string | undefined): number {
  const port = Number(text ?? PORT_DEFAULT);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT must be a number from 0 to 65535`);
}

function postHogOf(values: Values): Settings['postHog'] {
  const { POSTHOG_HOST: host, POSTHOG_PERSONAL_API_KEY: key } = values;
  if (host !== undefined && key !== undefined) return { host, key };
  if (host === undefined && key === undefined) return null;
  const missing = host === undefined ? 'POSTHOG_HOST' : 'POSTHOG_PERSONAL_API_KEY';
  throw new Error(`${missing} is not set. Set both to use a PostHog, or neither to use the sandbox.`);
}
