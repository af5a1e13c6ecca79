/** Callers that wait for the verdict of a state machine without a clock, and the timer that asks the machine again. */
import type { Result } from '../../core/result.ts';

/** The end of the wait of the caller `id`. */
export interface WaitEnd<Verdict> {
  readonly id: string;
  readonly verdict: Verdict;
}

/** Every method takes the time, in milliseconds that never run back. */
export interface DecidingMachine<Verdict> {
  /** Decides whatever can be decided now. */
  readonly advance: (nowMs: number) => readonly WaitEnd<Verdict>[];
  /** When `advance` is next worth calling; null while nothing is under way. */
  readonly nextMs: (nowMs: number) => number | null;
}

export class WaitingRoom<Verdict, Given> {
  readonly #machine: DecidingMachine<Verdict>;
  readonly #resultOf: (verdict: Verdict) => Result<Given>;
  readonly #nowMs: () => number;
  readonly #waiting = new Map<string, PromiseWithResolvers<Result<Given>>>();
  #stopTimer: (() => void) | null = null;

  constructor(
    machine: DecidingMachine<Verdict>,
    resultOf: (verdict: Verdict) => Result<Given>,
    nowMs: () => number,
  ) {
    this.#machine = machine;
    this.#resultOf = resultOf;
    this.#nowMs = nowMs;
  }

  /** Waits for the verdict on `id`, which `ask` asks the machine for. One that waits already is not asked for again. */
  wait(id: string, ask: (nowMs: number) => readonly WaitEnd<Verdict>[]): Promise<Result<Given>> {
    const known = this.#waiting.get(id);
    if (known !== undefined) return known.promise;
    const waiting = Promise.withResolvers<Result<Given>>();
    this.#waiting.set(id, waiting);
    this.settle(ask);
    return waiting.promise;
  }

  /** Lets the machine change, and tells those it has decided on. The timer also keeps the object in memory meanwhile. */
  settle(change: (nowMs: number) => readonly WaitEnd<Verdict>[]): void {
    const nowMs = this.#nowMs();
    for (const { id, verdict } of change(nowMs)) this.end(id, this.#resultOf(verdict));
    this.#stopTimer?.();
    this.#stopTimer = null;
    const nextMs = this.#machine.nextMs(nowMs);
    if (nextMs === null) return;
    const timer = setTimeout(
      () => this.settle((thenMs) => this.#machine.advance(thenMs)),
      Math.max(0, nextMs - nowMs),
    );
    this.#stopTimer = () => clearTimeout(timer);
  }

  /** Ends the wait of `id` without the machine. */
  end(id: string, result: Result<Given>): void {
    this.#waiting.get(id)?.resolve(result);
    this.#waiting.delete(id);
  }
}
