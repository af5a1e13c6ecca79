/** The console beside a gateway, asked as a browser asks it. */
import { afterAll } from 'vitest';
import { startWorker } from '../../scripts/worker.ts';
import type { ConsoleEnv } from '../../src/console/config.ts';
import type { SessionBook } from '../../src/contract/operators/session-book.ts';
import { clientOf, type Answer } from './client.ts';
import { Recorder } from './recorder.ts';
import { sandboxControl, type SandboxControl } from './sandbox.ts';
import { ADMIN_TOKEN, KEY, SECRETS } from './secrets.ts';
import { launch, UNHURRIED } from './stack.ts';
import { tenantsOf, type Tenants } from './tenants.ts';

export const SESSION_KEY = 'the-session-key-of-the-tests-which-is-long-enough';

export const TOKENS = {
  viewer: 'victors-token-of-the-tests-5512',
  operator: 'olgas-token-of-the-tests-881274',
  owner: 'odas-token-of-the-tests-00317465',
} as const;
export type RoleName = keyof typeof TOKENS;
export const NAMES: Readonly<Record<RoleName, string>> = { viewer: 'victor', operator: 'olga', owner: 'oda' };

/** A gateway that answers so, and of which no session was ended. */
export const gatewayThat = (
  answer: () => Promise<Response>,
  sessions: Partial<SessionBook> = {},
): ConsoleEnv['GATEWAY'] => ({
  fetch: answer,
  endSession: async () => true,
  isSessionEnded: async () => false,
  ...sessions,
});

/** One text each, or several of one name. */
type Fields = Readonly<Record<string, string | readonly string[]>>;

/** A browser in which somebody has signed in, or nobody. */
export interface Browser {
  readonly cookie: string | null;
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Sends a form from a page of the console. Other headers go before those of such a page. */
  readonly post: (
    path: string,
    fields?: Fields,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
}

export interface ConsoleStack {
  readonly origin: string;
  readonly gatewayOrigin: string;
  readonly sandbox: SandboxControl;
  readonly tenants: Tenants;
  /** Asks the gateway as its admin. */
  readonly admin: (method: string, path: string, json?: unknown) => Promise<Answer>;
  readonly recorder: Recorder;
  /** A browser with this cookie. */
  readonly browser: (cookie: string | null) => Browser;
  readonly signedIn: (role: RoleName) => Promise<Browser>;
  /** What operators changed so far, newest first. */
  readonly changes: () => Promise<
    readonly { readonly operator: string; readonly action: string; readonly outcome: string }[]
  >;
}

interface ConsoleOptions {
  readonly bindings?: Readonly<Record<string, string>>;
  readonly gateway?: Readonly<Record<string, string>>;
}

/** Starts sandbox, gateway and console, for the file that calls it. */
export async function startConsole({
  bindings = {},
  gateway = {},
}: ConsoleOptions = {}): Promise<ConsoleStack> {
  const recorder = new Recorder();
  const sandboxWorker = await launch('src/sandbox/wrangler.toml', { SANDBOX_API_KEY: KEY });
  const worker = await startWorker({
    config: 'wrangler.toml',
    port: 0,
    stateFolder: null,
    bindings: {
      ...SECRETS,
      ...UNHURRIED,
      ADMIN_TOKENS: Object.entries(TOKENS)
        .map(([role, token]) => `${NAMES[role as RoleName]}/${role}:${token}`)
        .join(','),
      POSTHOG_HOST: sandboxWorker.origin,
      ...gateway,
    },
    onLine: (line) => recorder.lines.push(line),
    beside: {
      config: 'wrangler.console.toml',
      port: 0,
      bindings: { CONSOLE_SESSION_KEY: SESSION_KEY, ...bindings },
    },
  });
  afterAll(() => Promise.all([worker.stop(), sandboxWorker.stop()]));
  const origin = worker.besideOrigin ?? '';
  const send = clientOf(origin);
  const ask = clientOf(worker.origin);
  const admin: ConsoleStack['admin'] = (method, path, json) =>
    ask(method, path, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
  const browser = (cookie: string | null): Browser => {
    const own: Readonly<Record<string, string>> = cookie === null ? {} : { cookie };
    return {
      cookie,
      get: (path, headers = {}) => send('GET', path, { headers: { ...own, ...headers } }),
      post: (path, fields = {}, headers = {}) =>
        send('POST', path, {
          headers: { ...own, origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: new URLSearchParams(
            Object.entries(fields).flatMap(([name, texts]) => [texts].flat().map((text) => [name, text])),
          ).toString(),
        }),
    };
  };
  const sandbox = sandboxControl(sandboxWorker.origin);
  await sandbox.reset();
  return {
    origin,
    gatewayOrigin: worker.origin,
    sandbox,
    recorder,
    admin,
    tenants: tenantsOf((method, path, json) => admin(method, `/admin/v1/tenants${path}`, json), ask),
    browser,
    signedIn: async (role) => {
      const answer = await browser(null).post('/sign-in', { token: TOKENS[role] });
      return browser(cookieOf(answer));
    },
    changes: async () => {
      const { json } = await admin('GET', '/admin/v1/audit?limit=1000');
      return (json as { results: { operator: string; action: string; outcome: string }[] }).results;
    },
  };
}

/** The cookie that an answer sets, as a browser sends it back. */
export const cookieOf = ({ headers }: Answer): string => headers['set-cookie']?.split(';')[0] ?? '';
