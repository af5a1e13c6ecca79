/** `hedgerow`: the command line of the gateway, on `hedgerow/client` and nothing else of it. */
import { CommanderError } from '@commander-js/extra-typings';
import { CliError } from './cli-error.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { shown, shownJson } from './output/shown.ts';
import { terminalOf, type Terminal } from './output/terminal.ts';
import { makeProgram } from './program.ts';
import { reportOf, type Report } from './report.ts';
import { onInterruption } from './session/interruption.ts';
import type { Cli } from './session/session.ts';
import { addressOf } from './session/target.ts';

/** Runs the command that the arguments name. Resolves with the code to end with; what went wrong has been said. */
async function run(argv: readonly string[]): Promise<ExitCode> {
  const terminal = terminalOf(process);
  const signal = onInterruption(process);
  let end: ExitCode = EXIT.ok;
  const cli: Cli = {
    terminal,
    env: process.env,
    signal,
    options: () => program.opts(),
    endWith: (code) => {
      end = code;
    },
  };
  const program = makeProgram(cli);
  const asJson = (): boolean => cli.options().json === true;
  try {
    await program.parseAsync(argv);
    return end;
  } catch (error) {
    // Commander has said what was wrong, or shown the help that was asked for.
    if (error instanceof CommanderError && (error.exitCode === 0 || !asJson()))
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    // Whatever breaks off because of Ctrl-C is Ctrl-C, unless the command has more to say about it.
    const reason: unknown = signal.aborted && !(error instanceof CliError) ? signal.reason : error;
    const report = reportOf(reason, addressOf(cli.options(), cli.env));
    say(terminal, report, asJson());
    if (report.exitCode === EXIT.defect && error instanceof Error) debug(terminal, error);
    return report.exitCode;
  }
}

function say(terminal: Terminal, { message, facts, hints }: Report, asJson: boolean): void {
  if (asJson) {
    terminal.note(shownJson(JSON.stringify({ error: { message, ...facts, hints } })));
    return;
  }
  const { noteStyle } = terminal;
  terminal.note(`${noteStyle.red('error')} ${shown(message)}`);
  const known = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  if (known.length > 0) terminal.note(`      ${noteStyle.dim(shown(known.join(' · ')))}`);
  for (const hint of hints) terminal.note(`      ${shown(hint)}`);
}

/** Where in the code it was, for those who mend it. */
function debug(terminal: Terminal, { stack }: Error): void {
  if ((process.env['HEDGEROW_DEBUG'] ?? '') !== '') terminal.note(stack ?? '');
}

process.exitCode = await run(process.argv);
// A connection that is kept open, or a file that is still being read, would keep the process.
process.exit();
