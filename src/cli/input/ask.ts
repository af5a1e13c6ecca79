/** Questions to the person at the terminal. They go to stderr, so that stdout holds results and nothing else. */
import { confirm, isCancel, password, text } from '@clack/prompts';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { shown } from '../output/shown.ts';
import { Interruption } from '../session/interruption.ts';
import type { Cli } from '../session/session.ts';

const ON = { input: process.stdin, output: process.stderr, withGuide: false } as const;

/** Goes on after a yes, or with `--yes`. Where nobody can answer, silence is a no. */
export async function agreed(cli: Cli, question: string): Promise<void> {
  if (cli.options().yes === true) return;
  if (!cli.terminal.canAsk)
    throw new CliError(EXIT.usage, 'This asks before it is done, and nobody can answer here.', [
      `The question is: ${question}`,
      'Give --yes to answer it, or run it in a terminal.',
    ]);
  const answer = await confirm({ ...ON, message: shown(question), initialValue: false, signal: cli.signal });
  if (isCancel(answer)) throw new Interruption('SIGINT');
  if (!answer) throw new CliError(EXIT.declined, 'Nothing was done.');
}

/** A line, shown as it is typed. */
export async function askedText(cli: Cli, question: string, initial: string | undefined): Promise<string> {
  const answer = await text({
    ...ON,
    message: question,
    ...(initial === undefined ? {} : { initialValue: initial }),
    signal: cli.signal,
  });
  if (isCancel(answer)) throw new Interruption('SIGINT');
  return answer;
}

/** A line that nobody reads over a shoulder. */
export async function askedSecret(cli: Cli, question: string): Promise<string> {
  const answer = await password({ ...ON, message: question, signal: cli.signal });
  if (isCancel(answer)) throw new Interruption('SIGINT');
  return answer;
}
