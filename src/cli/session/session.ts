/** What a command has: the gateway it asks, where it writes, and when it has to stop. */
import { createHedgerow, type Hedgerow } from '../../client/index.ts';
import { REAL_PLATFORM } from '../../client/platform.ts';
import { CliError } from '../cli-error.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { shown } from '../output/shown.ts';
import type { Terminal } from '../output/terminal.ts';
import { credentialsFile, isOpenToOthers } from './credentials.ts';
import { targetOf, type Plane, type Target } from './target.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly url?: string | undefined;
  readonly profile?: string | undefined;
  readonly json?: true | undefined;
  readonly yes?: true | undefined;
}

export interface Cli {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  /** Aborts once the command is interrupted. */
  readonly signal: AbortSignal;
  /** As the command line has them. */
  readonly options: () => GlobalOptions;
  /** Ends the command with this code, though nothing went wrong with the command itself. */
  readonly endWith: (code: ExitCode) => void;
}

export interface Session extends Target {
  readonly hedgerow: Hedgerow;
}

/** A wait that is worth telling of. */
const NOTABLE_MS = 1000;

const LOCAL = /^(?:localhost|127\.0\.0\.1|\[::1\]|.*\.localhost)$/;

/** Sends nothing yet. Fails where no gateway or token is known. */
export function openSession(cli: Cli): Session {
  const { terminal, env, options } = cli;
  const target = targetOf(options(), env);
  const file = credentialsFile(env);
  if (target.isSaved && isOpenToOthers(file))
    terminal.note(shown(`Others of this machine can read the token in ${file}: run \`chmod 600\` on it.`));
  tellOfPlainHttp(cli, target.url);
  return sessionWith(cli, target);
}

/** Says so where a token is sent over a connection that others can read. */
export function tellOfPlainHttp({ terminal }: Cli, url: string): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !LOCAL.test(hostname))
    terminal.note('Everybody on the way to this gateway can read the token: its address is not https.');
}

export function sessionWith({ terminal, signal }: Cli, target: Target): Session {
  const until = (other: AbortSignal): AbortSignal => AbortSignal.any([other, signal]);
  const hedgerow = createHedgerow({
    url: target.url,
    token: target.token,
    platform: {
      fetch: (request) => fetch(request, { signal: until(request.signal) }),
      pause: (ms, other) => {
        if (ms >= NOTABLE_MS) terminal.note(`Waiting ${Math.ceil(ms / 1000)} s before asking again.`);
        return REAL_PLATFORM.pause(ms, until(other));
      },
    },
  });
  return { ...target, hedgerow };
}

/** For commands that only one kind of token opens. */
export function openSessionOf(cli: Cli, plane: Plane): Session {
  const session = openSession(cli);
  if (session.plane === plane) return session;
  throw plane === 'admin'
    ? new CliError(EXIT.forbidden, "This takes an admin token, and the one in use is a tenant's.", [
        'Run `hedgerow login --profile admin` with an admin token, and give `--profile admin`.',
      ])
    : new CliError(EXIT.forbidden, "This takes a tenant's token, and the one in use is an admin token.", [
        'Mint one with `hedgerow tokens mint --tenant TENANT --name NAME`, and log in with it, or set HEDGEROW_TOKEN.',
      ]);
}

/**
 * The tenant whose records are meant: of an admin token the one that was named, of a tenant's token its own, which is
 * null. Other names are refused, since the gateway would not be asked for them.
 */
export function tenantMeant(session: Session, named: string | undefined): string | null {
  if (session.plane === 'admin') {
    if (named !== undefined) return named;
    throw new CliError(EXIT.usage, 'An admin token is of no tenant: name one with --tenant.');
  }
  if (named === undefined) return null;
  throw new CliError(EXIT.usage, "A tenant's token is of one tenant: leave --tenant out.");
}
