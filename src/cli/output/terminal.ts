/** Where a command writes: results to stdout, everything else to stderr. */
import { once } from 'node:events';
import { EXIT } from '../exit-codes.ts';
import { shownLines } from './shown.ts';
import { styleOf, wantsColours, type Style } from './style.ts';

type Output = NodeJS.WriteStream;

export interface Terminal {
  /** A result. Resolves once there is room for more. */
  readonly out: (text: string) => Promise<void>;
  /** A line for the person at the terminal. Text of others in the line must have been made harmless. */
  readonly note: (line: string) => void;
  /** Writes over the last line of stderr. Only where somebody looks. */
  readonly rewrite: (line: string) => void;
  readonly style: Style;
  readonly noteStyle: Style;
  /** Does somebody look at the results? */
  readonly isOutWatched: boolean;
  /** Does somebody look at stderr? */
  readonly isNoteWatched: boolean;
  /** Can somebody answer a question? */
  readonly canAsk: boolean;
  readonly columns: number;
}

const LINE_START = '\r\u001b[2K';
const COLUMNS = 80;

export function terminalOf({ stdin, stdout, stderr, env }: NodeJS.Process): Terminal {
  stdout.on('error', (error: NodeJS.ErrnoException) => endUnwritten(error, stderr));
  stderr.on('error', (error: NodeJS.ErrnoException) => endUnwritten(error, null));
  let isRewriting = false;
  const startLine = (): string => {
    const start = isRewriting ? LINE_START : '';
    isRewriting = false;
    return start;
  };
  return {
    out: async (text) => {
      if (isRewriting && stdout.isTTY) stderr.write(startLine());
      await written(stdout, text);
    },
    note: (line) => {
      stderr.write(`${startLine()}${line}\n`);
    },
    rewrite: (line) => {
      stderr.write(`${LINE_START}${line}`);
      isRewriting = true;
    },
    style: styleOf(wantsColours(stdout.isTTY, env)),
    noteStyle: styleOf(wantsColours(stderr.isTTY, env)),
    isOutWatched: stdout.isTTY,
    isNoteWatched: stderr.isTTY && env['TERM'] !== 'dumb',
    canAsk: stdin.isTTY && stderr.isTTY,
    // A terminal that nobody has sized has none.
    columns: stderr.columns > 0 ? stderr.columns : COLUMNS,
  };
}

/** Writes a text that a terminal would obey to a file or a pipe as it is, and to a terminal in a harmless form. */
export const outAsIs = (terminal: Terminal, text: string): Promise<void> =>
  terminal.out(terminal.isOutWatched ? shownLines(text.replaceAll('\r\n', '\n')) : text);

async function written(stream: Output, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}

/** Ends the process: quietly where the reader of a pipe has gone, else with a message, as for a full disk. */
function endUnwritten({ code, message }: NodeJS.ErrnoException, stderr: Output | null): void {
  if (code === 'EPIPE') process.exit(EXIT.brokenPipe);
  stderr?.write(`error The results cannot be written: ${shownLines(message)}.\n`);
  process.exit(EXIT.usage);
}
