/** Variables and the secret of the console, checked once. */
import type { SessionBook } from '../contract/operators/session-book.ts';
import { OperatorName } from '../core/operators.ts';

/** The bindings of wrangler.toml. */
export interface ConsoleEnv {
  /** The gateway, at its entrypoint for operators. */
  readonly GATEWAY: Pick<Fetcher, 'fetch'> & SessionBook;
  /** The style sheet, the script and the icon. */
  readonly ASSETS: Pick<Fetcher, 'fetch'>;
  readonly CONSOLE_SESSION_KEY?: string;
  readonly ACCESS_TEAM?: string;
  readonly ACCESS_AUDIENCE?: string;
  readonly ACCESS_OPERATORS?: string;
}

/** How operators sign in. */
export type SignIn =
  /** With an admin token, for a session that this key signs. */
  | { readonly kind: 'token'; readonly key: Uint8Array }
  /** At Cloudflare Access, which sends an assertion with every request. */
  | {
      readonly kind: 'access';
      readonly team: string;
      readonly audience: string;
      /** The operator of each mail address, which is in lower case. */
      readonly operators: ReadonlyMap<string, OperatorName>;
    };

export type Configured =
  | { readonly ok: true; readonly signIn: SignIn }
  /** Which variables are wrong and how; holds nothing of their values. */
  | { readonly ok: false; readonly problems: readonly string[] };

const SESSION_KEY_CHARS_MIN = 32;
const ACCESS_VARIABLES = ['ACCESS_TEAM', 'ACCESS_AUDIENCE', 'ACCESS_OPERATORS'] as const;

/** Checks the environment. With anything missing, the console signs nobody in. */
export function readConfig(env: ConsoleEnv): Configured {
  const set = ACCESS_VARIABLES.filter((name) => (env[name] ?? '') !== '');
  if (set.length === 0) return byToken(env.CONSOLE_SESSION_KEY ?? '');
  if (set.length === ACCESS_VARIABLES.length) return byAccess(env);
  const missing = ACCESS_VARIABLES.filter((name) => !set.includes(name));
  return { ok: false, problems: missing.map((name) => `${name} is missing, and ${set.join(', ')} is set`) };
}

function byToken(text: string): Configured {
  if (text.length < SESSION_KEY_CHARS_MIN) {
    const how = text === '' ? 'is missing' : `must have ${SESSION_KEY_CHARS_MIN} characters or more`;
    return { ok: false, problems: [`CONSOLE_SESSION_KEY ${how}`] };
  }
  return { ok: true, signIn: { kind: 'token', key: new TextEncoder().encode(text) } };
}

function byAccess({
  ACCESS_TEAM: team = '',
  ACCESS_AUDIENCE: audience = '',
  ACCESS_OPERATORS = '',
}: ConsoleEnv): Configured {
  const operators = parseOperators(ACCESS_OPERATORS);
  const problems = [
    ...(isTeam(team)
      ? []
      : ['ACCESS_TEAM must be a URL like https://example.cloudflareaccess.com, without a path']),
    ...(typeof operators === 'string' ? [`ACCESS_OPERATORS ${operators}`] : []),
  ];
  if (problems.length > 0 || typeof operators === 'string') return { ok: false, problems };
  return { ok: true, signIn: { kind: 'access', team, audience, operators } };
}

/** Keys that come by plain HTTP could be anybody's, except from this machine, where tests have them. */
const isTeam = (text: string): boolean =>
  URL.canParse(text) &&
  new URL(text).origin === text &&
  (new URL(text).protocol === 'https:' || new URL(text).hostname === '127.0.0.1');

function parseOperators(text: string): ReadonlyMap<string, OperatorName> | string {
  const operators = new Map<string, OperatorName>();
  for (const [at, item] of text.split(',').entries()) {
    const [mail = '', name = '', ...rest] = item.trim().split('=');
    const operator = OperatorName.safeParse(name);
    const address = mail.toLowerCase();
    if (!address.includes('@') || rest.length > 0 || !operator.success)
      return `has entry ${at + 1} that is not mail=operator`;
    if (operators.has(address)) return `has entry ${at + 1} with the address of another`;
    operators.set(address, operator.data);
  }
  return operators;
}
