/** The commands, and what all of them have. */
import { Command } from '@commander-js/extra-typings';
import { addCompletion } from './commands/completion.ts';
import { addDeletions } from './commands/deletions/deletions.ts';
import { addDoctor } from './commands/doctor/doctor.ts';
import { addExplain } from './commands/explain.ts';
import { addLogin } from './commands/login.ts';
import { addOrigins } from './commands/origins/origins.ts';
import { addPersons } from './commands/persons/persons.ts';
import { addTenants } from './commands/tenants/tenants.ts';
import { addTokens } from './commands/tokens/tokens.ts';
import { addUpstream } from './commands/upstream.ts';
import { addUsage } from './commands/usage.ts';
import { addWhoami } from './commands/whoami.ts';
import { HELP_HINT } from './report.ts';
import { shownLines } from './output/shown.ts';
import type { Cli } from './session/session.ts';
import { VERSION } from './version.ts';

const HELP = `
The gateway and the token come from HEDGEROW_URL and HEDGEROW_TOKEN, else from the profile that \`login\` saved.
A tenant's token opens the tenant's commands, an admin token those of the operator.

Exit codes: 0 done, 1 defect, 2 usage, 3 not authenticated, 4 forbidden, 5 not found, 6 refused or changed meanwhile,
7 gateway or PostHog down, 8 limit used up, 9 deletion failed, 10 deletion held, 11 doctor found something,
12 answered with no, 130 interrupted.`;

export function makeProgram(cli: Cli) {
  const program = new Command('hedgerow')
    .description('The command line of a Hedgerow gateway.')
    .version(VERSION)
    .option('--url <address>', 'address of the gateway')
    .option('--profile <name>', 'profile of `login` to use')
    .option('--json', 'write JSON, for programs')
    .option('-y, --yes', 'do without asking')
    .showHelpAfterError(HELP_HINT)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text, write) => write(`${shownLines(text.trimEnd())}\n`),
      // For programs the error is written as JSON, by the one who catches it.
      writeErr: (text) => {
        if (cli.options().json !== true) cli.terminal.note(text.trimEnd());
      },
    })
    .addHelpText('after', HELP)
    .exitOverride();
  addLogin(program, cli);
  addWhoami(program, cli);
  addExplain(program, cli);
  addTenants(program, cli);
  addTokens(program, cli);
  addOrigins(program, cli);
  addPersons(program, cli);
  addDeletions(program, cli);
  addUsage(program, cli);
  addUpstream(program, cli);
  addDoctor(program, cli);
  addCompletion(program, cli);
  return program;
}
