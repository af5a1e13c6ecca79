/** What requests show that the operator has to look at. A request that shows nothing costs nothing here. */
import { subjectOf, type Condition, type RaisedCondition } from '../core/alarms/condition.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { TenantId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';

export interface AlarmReporterOptions {
  readonly nowMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** A call to the object of alarms. */
  readonly raise: (raised: readonly RaisedCondition[]) => Promise<void>;
  /** Told when a condition could not be raised. */
  readonly lost: (error: unknown) => void;
}

/** What a request showed. */
export interface EndedRequest {
  readonly tenant: TenantId | null;
  readonly route: string;
  readonly failure: Failure | null;
  readonly upstreamCalls: number;
  readonly foreignRows: number;
}

/** Failures by which PostHog, and not a client or its quota, stands in the way. */
const FAILING: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_error',
  'upstream_redirected',
  'upstream_reply_invalid',
]);

/** What was raised a moment ago, and how often it was met since. */
interface Quiet {
  readonly sinceMs: number;
  count: number;
}

/** The runtime waits no longer for what a request leaves: what is older was forgotten in the middle. */
const QUIET_MS_MAX = 3 * LIMITS.alarmQuietMs;

/** One for each isolate. The first of a storm is raised at once; what comes within ten seconds is raised together after them. */
export class AlarmReporter {
  readonly #options: AlarmReporterOptions;
  readonly #quiet = new Map<string, Quiet>();
  #failedInARow = 0;

  constructor(options: AlarmReporterOptions) {
    this.#options = options;
  }

  /** Raises what a request showed. Settles when nothing is left to be done for it: the runtime is to wait for that. */
  async report(log: EndedRequest): Promise<void> {
    const raised = this.#conditionsOf(log);
    if (raised.length > 0) await Promise.all(raised.map((each) => this.#raise(each)));
  }

  #conditionsOf(log: EndedRequest): RaisedCondition[] {
    const { tenant, route, foreignRows } = log;
    const failing = this.#failing(log);
    const key = keyRefused(log);
    return [
      ...(tenant !== null && foreignRows > 0
        ? [{ condition: { kind: 'foreign_rows', tenant, route }, count: foreignRows } as const]
        : []),
      ...(key === null ? [] : [{ condition: key, count: 1 }]),
      ...(failing === null ? [] : [failing]),
    ];
  }

  /** Only a request that asked PostHog says how PostHog is. A client that left says nothing. */
  #failing({ failure, upstreamCalls }: EndedRequest): RaisedCondition | null {
    if (upstreamCalls === 0 || failure?.clientLeft === true) return null;
    if (failure === null || !FAILING.has(failure.code)) {
      this.#failedInARow = 0;
      return null;
    }
    this.#failedInARow += 1;
    if (this.#failedInARow < LIMITS.failingInARow) return null;
    const count = this.#failedInARow === LIMITS.failingInARow ? LIMITS.failingInARow : 1;
    return { condition: { kind: 'upstream_failing', code: failure.code }, count };
  }

  async #raise({ condition, count }: RaisedCondition): Promise<void> {
    const { nowMs, pause } = this.#options;
    const name = `${condition.kind} ${subjectOf(condition)}`;
    const known = this.#quiet.get(name);
    if (known !== undefined && Math.abs(nowMs() - known.sinceMs) < QUIET_MS_MAX) {
      known.count += count;
      return;
    }
    const quiet: Quiet = { sinceMs: nowMs(), count: 0 };
    this.#quiet.set(name, quiet);
    await this.#send(condition, count);
    await pause(LIMITS.alarmQuietMs);
    this.#quiet.delete(name);
    if (quiet.count > 0) await this.#send(condition, quiet.count);
  }

  #send(condition: Condition, count: number): Promise<void> {
    return this.#options.raise([{ condition, count }]).catch(this.#options.lost);
  }
}

function keyRefused({ failure }: EndedRequest): Condition | null {
  switch (failure?.code) {
    case 'upstream_key_refused':
    case 'upstream_scope_missing':
      return { kind: 'key_refused', scope: failure.upstreamScope ?? null };
    default:
      return null;
  }
}
