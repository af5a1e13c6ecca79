import { DurableObject } from 'cloudflare:workers';
import { webhookOf } from '../../config.ts';
import type { AlarmTest } from '../../contract/alarms/alarm.ts';
import type { RaisedCondition } from '../../core/alarms/condition.ts';
import type { Webhook } from '../../core/alarms/webhook.ts';
import { newAlarmId, type AlarmId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import type { OperatorName } from '../../core/operators.ts';
import { logAlarmFailure } from '../console.ts';
import { Alarm as Clock } from '../deletion-log/alarm.ts';
import { migrate } from '../migrations.ts';
import { random } from '../random.ts';
import { digestOf, send, type Answer, type Fetcher } from './delivery.ts';
import { waitAfter } from './schedule.ts';
import { ALARM_STEPS } from './schema.ts';
import { AlarmStore, type AlarmPage, type DeliveryState, type ListedAlarms } from './store.ts';

export type { AlarmPage, ListedAlarms } from './store.ts';

/** The one that a gateway has. */
export const ALARMS_NAME = 'alarms';

/** Messages that are sent at once: below the six connections an object may have waiting for an answer. */
const SENT_AT_ONCE = 5;
/** Milliseconds until the next look where the webhook is set wrong, or a look failed. */
const TROUBLE_MS = 600_000;

/** Milliseconds until the next look where the object ends in the middle of one. */
const CRASH_MS = 2 * LIMITS.alarmAttemptMsMax;

const GONE = 410;

/** An endpoint, and what tells it from one of another configuration. */
interface Endpoint extends Webhook {
  readonly digest: string;
}

/**
 * What the operator is to look at, and an outbox for it: an alarm is stored before the webhook is told, and is told again
 * until the webhook takes it, each time by the same id. One for the whole gateway, and never on the way of a request.
 */
export class Alarms extends DurableObject {
  readonly #store: AlarmStore;
  readonly #clock: Clock;
  /** Null where there is none; undefined where it is set wrong. */
  #endpoint: Endpoint | null | undefined;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, ALARM_STEPS);
    this.#store = new AlarmStore(ctx.storage.sql);
    this.#clock = new Clock(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      await this.#clock.load();
      await this.configure(env);
    });
  }

  /** Reads where alarms are sent: once in a life of the object, as an environment does not change under it. */
  protected async configure(env: object): Promise<void> {
    try {
      const webhook = webhookOf(env);
      this.#endpoint = webhook === null ? null : { ...webhook, digest: await digestOf(webhook) };
    } catch (error) {
      this.#endpoint = undefined;
      logAlarmFailure(error);
    }
  }

  /** The runtime's fetch. A test may have another. */
  protected readonly fetcher: Fetcher = (input, init) => fetch(input, init);

  /** Takes conditions down, each on the alarm that stands for it. What is new is sent soon. */
  raise(raised: readonly RaisedCondition[]): void {
    const now = Date.now();
    const state = this.#stateOfNew();
    const isNew = raised.map(({ condition, count }) =>
      this.#store.raise(condition, count, newAlarmId(random), state, now),
    );
    if (state === 'pending' && isNew.includes(true)) this.#clock.armBy(now);
  }

  /** Alarms that match, newest first. */
  page(page: AlarmPage): ListedAlarms {
    return this.#store.page(page);
  }

  /** Raises an alarm that says nothing is wrong, and says what the webhook answered. */
  async sendTest(operator: OperatorName): Promise<AlarmTest> {
    const id = newAlarmId(random);
    this.#store.raise({ kind: 'test', operator }, 1, id, this.#stateOfNew(), Date.now());
    const answer = await this.#attempt(id);
    this.#arm();
    const alarm = this.#store.find(id);
    if (alarm === null) throw new Error('an alarm that was just raised is not there');
    return {
      alarm,
      answer: answer === null ? null : { status: answer.status, problem: answer.problem },
    };
  }

  /** Sends what is due. Nothing that goes wrong leaves: the platform gives an alarm up for good after six throws. */
  override async alarm(): Promise<void> {
    try {
      this.#clock.replace(Date.now() + CRASH_MS, 0);
      if (this.#endpoint === undefined) throw new Error('the webhook is set wrong');
      if (this.#endpoint === null) this.#store.endAll('not_configured');
      const due = this.#store.due(Date.now(), SENT_AT_ONCE);
      await Promise.all(due.map((id) => this.#attempt(id)));
      this.#arm();
    } catch (error) {
      logAlarmFailure(error);
      this.#clock.replace(Date.now() + TROUBLE_MS, 0);
    }
  }

  #stateOfNew(): DeliveryState {
    if (this.#endpoint === null) return 'not_configured';
    return this.#endpoint !== undefined && this.#store.gone() === this.#endpoint.digest
      ? 'endpoint_gone'
      : 'pending';
  }

  /** Null where nothing is sent. An attempt is written down before it is made: a crash in the middle is one more. */
  async #attempt(id: AlarmId): Promise<Answer | null> {
    const endpoint = this.#endpoint;
    if (endpoint === null || endpoint === undefined) return null;
    const startedAt = Date.now();
    const begun = this.#store.begin(id, (attempt) => {
      const dueAt = startedAt + LIMITS.alarmAttemptMsMax + (waitAfter(attempt, null) ?? 0);
      this.#clock.armBy(dueAt);
      return dueAt;
    });
    if (begun === null) return null;
    const { attempt, alarm } = begun;
    const answer = await send(endpoint, alarm, startedAt, this.fetcher);
    this.#end(id, attempt, answer, endpoint);
    return answer;
  }

  #end(
    id: AlarmId,
    attempt: number,
    { status, problem, retryAfterSeconds }: Answer,
    endpoint: Endpoint,
  ): void {
    if (problem === null) {
      this.#store.end(id, 'delivered', status, null);
      return;
    }
    if (status === GONE) {
      this.#store.end(id, 'endpoint_gone', status, null);
      this.#store.endAll('endpoint_gone');
      this.#store.setGone(endpoint.digest);
      return;
    }
    const wait = waitAfter(attempt, retryAfterSeconds);
    if (wait === null) this.#store.end(id, 'given_up', status, null);
    else this.#store.end(id, 'pending', status, Date.now() + wait);
  }

  #arm(): void {
    this.#clock.replace(this.#store.earliestDue(), Date.now());
  }
}
