/** Ctrl-C ends a command in order: what is under way is given up, and it says how to go on. A second one ends at once. */
import { EXIT, type ExitCode } from '../exit-codes.ts';

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;

/** The reason that an interrupted signal has. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: ExitCode;
  constructor(signal: keyof typeof CODES) {
    super('Interrupted.');
    this.exitCode = CODES[signal];
  }
}

export function onInterruption(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController();
  const listen = (name: keyof typeof CODES): void => {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(CODES[name]);
      controller.abort(new Interruption(name));
    });
  };
  listen('SIGINT');
  listen('SIGTERM');
  listen('SIGHUP');
  return controller.signal;
}
