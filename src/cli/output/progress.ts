/** How far a command is, on stderr: a line that is rewritten where somebody looks, few lines where nobody does. */
import { setInterval } from 'node:timers';
import type { Terminal } from './terminal.ts';

export interface Counter {
  readonly add: (count: number) => void;
  /** Takes the line away, says how it ended, and returns the number. */
  readonly end: (how: string) => number;
}

const REWRITE_MS = 100;
const NOTE_MS = 10_000;

/** Counts things whose number is not known beforehand. */
export function startCounter(terminal: Terminal, what: string): Counter {
  let count = 0;
  const text = (): string => `${count.toLocaleString('en')} ${what}`;
  const timer = terminal.isNoteWatched
    ? setInterval(() => terminal.rewrite(text()), REWRITE_MS)
    : setInterval(() => terminal.note(text()), NOTE_MS);
  timer.unref();
  return {
    add: (more) => {
      count += more;
    },
    end: (how) => {
      clearInterval(timer);
      terminal.note(`${text()}. ${how}`);
      return count;
    },
  };
}

const BAR_WIDTH = 24;

/** A bar of a share between 0 and 1. */
export function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
}
