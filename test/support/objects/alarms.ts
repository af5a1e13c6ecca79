/** The object of alarms in the Worker the object tests run in, and what they give it. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import type { RaisedCondition } from '../../../src/core/alarms/condition.ts';
import { TenantId } from '../../../src/core/ids.ts';
import { Alarms as Real, type AlarmPage, type ListedAlarms } from '../../../src/objects/alarms/alarms.ts';
import type { Fetcher } from '../../../src/objects/alarms/delivery.ts';

export const SECRET = `whsec_${btoa('a secret of thirty-two bytes, so')}`;
export const WEBHOOK = {
  ALARM_WEBHOOK_URL: 'https://alarms.example/hook',
  ALARM_WEBHOOK_SECRETS: SECRET,
};

/** The object as it is deployed, with a webhook that tests are. */
export class Alarms extends Real {
  #receive: Fetcher | null = null;

  protected override readonly fetcher: Fetcher = (input, init) =>
    this.#receive === null ? Promise.reject(new TypeError('no receiver')) : this.#receive(input, init);

  /** What a deployment with these variables does, and who answers, until the object is evicted. */
  async deploy(variables: object, receive: Fetcher): Promise<void> {
    this.#receive = receive;
    await this.configure(variables);
  }
}

const { ALARMS } = env as unknown as { ALARMS: DurableObjectNamespace<Alarms> };

export type Stub = DurableObjectStub<Alarms>;

export const freshAlarms = (): Stub => ALARMS.getByName(crypto.randomUUID());

/** The same through a new stub: one whose object died answers no more. */
export const sameAlarms = (stub: Stub): Stub => ALARMS.get(stub.id);

/** A message that the receiver got. */
export interface Received {
  readonly url: string;
  readonly redirect: RequestInit['redirect'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A receiver that gives these answers in order, the last for ever, and keeps what it got. */
export function receiver(
  ...answers: [() => Response | Promise<Response>, ...(() => Response | Promise<Response>)[]]
) {
  const received: Received[] = [];
  const receive: Fetcher = async (url, { headers, body, redirect }) => {
    received.push({
      url,
      redirect,
      headers: headers as Record<string, string>,
      body: typeof body === 'string' ? body : '',
    });
    const answer = answers[received.length - 1] ?? answers.at(-1);
    if (answer === undefined) throw new Error('a receiver answers something');
    return answer();
  };
  return { received, receive };
}

export const status =
  (code: number, headers: Record<string, string> = {}) =>
  (): Response =>
    new Response(null, { status: code, headers });

export const deploy = (stub: Stub, receive: Fetcher, variables: object = WEBHOOK): Promise<void> =>
  runInDurableObject(stub, (object) => (object as Alarms).deploy(variables, receive));

/** The object ends, and another takes its place over the same storage. */
export async function restart(stub: Stub, receive: Fetcher, variables: object = WEBHOOK): Promise<void> {
  await evictDurableObject(stub);
  await deploy(stub, receive, variables);
}

export const raise = (stub: Stub, ...raised: readonly RaisedCondition[]): Promise<void> =>
  runInDurableObject(stub, (object) => (object as Alarms).raise(raised));

export const listed = (stub: Stub, page: Partial<AlarmPage> = {}): Promise<ListedAlarms> =>
  runInDurableObject(stub, (object) => (object as Alarms).page({ limit: 100, before: null, ...page }));

export const foreignRows = (tenant = 'acme', count = 1): RaisedCondition => ({
  condition: { kind: 'foreign_rows', tenant: TenantId.parse(tenant), route: 'persons_list' },
  count,
});
