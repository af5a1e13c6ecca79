/** What is said of an error, and the code that the command ends with. */
import { CommanderError } from '@commander-js/extra-typings';
import { HedgerowError } from '../client/index.ts';
import { CliError } from './cli-error.ts';
import { EXIT, exitCodeOf, type ExitCode } from './exit-codes.ts';
import { Interruption } from './session/interruption.ts';

export interface Report {
  readonly exitCode: ExitCode;
  readonly message: string;
  /** Members of a problem that programs look at, and that the operator is given. */
  readonly facts: Readonly<Record<string, string | number>>;
  readonly hints: readonly string[];
}

/** What is said of a command line that was not understood. */
export const HELP_HINT = 'Add --help for what it takes.';

/** `url` is the gateway that was asked; null where it is not known. */
export function reportOf(error: unknown, url: string | null): Report {
  if (error instanceof Interruption)
    return { exitCode: error.exitCode, message: error.message, facts: {}, hints: [] };
  if (error instanceof CliError)
    return { exitCode: error.exitCode, message: error.message, facts: {}, hints: error.hints };
  if (error instanceof CommanderError)
    return { exitCode: EXIT.usage, message: usageText(error), facts: {}, hints: [HELP_HINT] };
  const where = url === null ? {} : { gateway: url };
  if (error instanceof HedgerowError) return reportOfProblem(error, where);
  const network = networkProblem(error);
  if (network !== null) {
    return {
      exitCode: EXIT.unavailable,
      message: `The gateway cannot be reached: ${network}.`,
      facts: where,
      hints: ['Is it running, and is its address right?'],
    };
  }
  if (error instanceof SyntaxError) return { ...notAGateway(), facts: where };
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: EXIT.defect, message, facts: where, hints: ['This is a defect of the command line.'] };
}

/** In one line. Where a command is missing, commander has no words, but shows the help. */
const usageText = ({ code, message }: CommanderError): string =>
  code === 'commander.help'
    ? 'A command is missing.'
    : message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');

function reportOfProblem(error: HedgerowError, where: Readonly<Record<string, string>>): Report {
  const { status, code, attr, requestId, retryAfterSeconds } = error;
  const facts = {
    code,
    ...(status === null ? {} : { status }),
    ...(attr === null ? {} : { attr }),
    ...(requestId === null ? {} : { request_id: requestId }),
    ...(retryAfterSeconds === null ? {} : { retry_after_seconds: retryAfterSeconds }),
    ...where,
  };
  if (code === 'not_a_problem') {
    const report = { ...notAGateway(), facts };
    const isRedirect = status !== null && status > 300 && status < 400;
    return isRedirect ? { ...report, hints: [error.message] } : report;
  }
  const exitCode = status === null ? EXIT.unavailable : exitCodeOf(status);
  return { exitCode, message: error.message, facts, hints: hintsFor(code, exitCode) };
}

const notAGateway = (): Report => ({
  exitCode: EXIT.unavailable,
  message:
    'What answers at this address is not a Hedgerow gateway, or a server in front of it that has failed.',
  facts: {},
  hints: ['Look at the address, and at what stands in front of the gateway.'],
});

function hintsFor(code: string, exitCode: ExitCode): readonly string[] {
  switch (code) {
    case 'not_configured':
      return ["The operator finds the missing variables on the Worker's console: `npx wrangler tail`."];
    case 'tenant_suspended':
      return ['The operator can end that: `hedgerow tenants resume TENANT`.'];
    case 'upstream_key_refused':
    case 'upstream_scope_missing':
    case 'upstream_redirected':
    case 'upstream_reply_invalid':
      return ['It is about the key or the host of the gateway: its operator runs `hedgerow doctor`.'];
    case 'deletion_preview_required':
      return ['Give --preview.'];
    default:
      return exitCode === EXIT.notAuthenticated ? ['Run `hedgerow login` with another token.'] : [];
  }
}

/** Why no answer came; null where an answer came. */
function networkProblem(error: unknown): string | null {
  if (!(error instanceof TypeError)) return null;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message === 'terminated' ? 'the connection broke off' : null;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  switch (code) {
    case 'ECONNREFUSED':
      return 'the connection is refused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host is not known';
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return 'the connection broke off';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'ETIMEDOUT':
      return 'it does not answer in time';
    default:
      return code === '' ? cause.message : `${cause.message} (${code})`;
  }
}
