/** Follows a deletion to its end, with a bar where somebody looks, and ends with a code that says how it ended. */
import { deletions, type DeletionStatus } from '../../../client/index.ts';
import { CliError } from '../../cli-error.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { bar } from '../../output/progress.ts';
import { shown } from '../../output/shown.ts';
import type { Terminal } from '../../output/terminal.ts';
import { Interruption } from '../../session/interruption.ts';
import type { Cli, Session } from '../../session/session.ts';
import { outDeletion, progressText, shareOf } from './show-deletion.ts';

export interface Followed {
  readonly id: string;
  /** Of an operator's deletion; null with a token of the tenant. */
  readonly tenant: string | null;
  /** Goes on while the deletion is held, until it is let go. */
  readonly whileHeld: boolean;
}

function codeFor(kind: deletions.DeletionOutcome['kind']): ExitCode {
  switch (kind) {
    case 'done':
    case 'nobody':
      return EXIT.ok;
    case 'held':
      return EXIT.deletionHeld;
    case 'failed':
    case 'cancelled':
      return EXIT.deletionFailed;
  }
}

export async function followToEnd(cli: Cli, session: Session, followed: Followed): Promise<void> {
  const { id, tenant, whileHeld } = followed;
  const show = shower(cli.terminal);
  const options = { signal: cli.signal, ...(tenant === null ? {} : { tenant }) };
  try {
    for await (const deletion of deletions.follow(session.hedgerow, id, options)) {
      const outcome = deletions.outcomeOf(deletion);
      show(deletion);
      // A preview waits for a confirmation, which nobody gives who follows.
      const waits = outcome?.kind === 'held' || deletion.state === 'previewed';
      if ((outcome === null && !waits) || (waits && whileHeld)) continue;
      await outDeletion(cli, deletion);
      cli.endWith(outcome === null ? EXIT.deletionHeld : codeFor(outcome.kind));
      return;
    }
  } catch (error) {
    if (!cli.signal.aborted) throw error;
    throw interrupted(cli.signal.reason, followed);
  }
}

/** How to go on, and how to stop what goes on by itself. */
function interrupted(reason: unknown, { id, tenant }: Followed): CliError {
  const of = tenant === null ? id : `${id} --tenant ${tenant}`;
  return new CliError(
    reason instanceof Interruption ? reason.exitCode : EXIT.interrupted,
    'Interrupted. The deletion goes on by itself.',
    [
      `Follow it: hedgerow deletions follow ${of}`,
      `Cancel it while nothing was sent: hedgerow deletions cancel ${of}`,
    ],
  );
}

const NOTE_MS = 10_000;

/** Where nobody looks: a line for each state, and one in ten seconds. */
function shower(terminal: Terminal): (deletion: DeletionStatus) => void {
  let last = '';
  let notedMs = 0;
  return (deletion) => {
    const line = shown(`${deletion.state.padEnd(9)} ${progressText(deletion)}`);
    if (terminal.isNoteWatched) {
      terminal.rewrite(`${bar(shareOf(deletion))} ${line}`.slice(0, terminal.columns - 1));
      return;
    }
    const now = Date.now();
    if (deletion.state === last && now - notedMs < NOTE_MS) return;
    last = deletion.state;
    notedMs = now;
    terminal.note(line);
  };
}
