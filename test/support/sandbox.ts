/** The sandbox as tests see it: its control plane, and itself, asked past the gateway. */
import { clientOf, until, type Answer, type Sending } from './client.ts';
import { KEY } from './secrets.ts';

/** The moment every test world stands at: ten days after the well-known persons came. */
export const NOW = '2026-01-15T12:00:00Z';

/** A request as it arrived at PostHog. */
export interface Received {
  readonly seq: number;
  readonly method: string;
  /** Path and query, raw. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number | null;
}

export interface SandboxPerson {
  readonly id: number;
  readonly uuid: string;
  readonly project_id: number;
  readonly distinct_ids: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface SandboxState {
  readonly persons: readonly SandboxPerson[];
  readonly deletions: readonly { readonly person_uuid: string; readonly kind: string }[];
}

export interface SandboxControl {
  /**
   * A fresh world at NOW, unless settings say otherwise: without throttles, a memory of answers, crashes of nested paths
   * and delays of deletions, and in A with a key that has no scope list.
   */
  readonly reset: (settings?: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Changes settings of the world as it is. */
  readonly change: (settings: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly fault: (fault: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly clearFaults: () => Promise<void>;
  /** The next requests that match wait at PostHog until `release`. */
  readonly hold: (which?: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly release: () => Promise<void>;
  /** Waits until so many requests have arrived since the last `forget` or `reset`. */
  readonly arrived: (count: number) => Promise<void>;
  /** What arrived since the last `forget` or `reset`, oldest first. */
  readonly received: () => Promise<readonly Received[]>;
  readonly forget: () => Promise<void>;
  readonly state: () => Promise<SandboxState>;
  readonly addPersons: (persons: readonly Readonly<Record<string, unknown>>[]) => Promise<void>;
  readonly addEvents: (events: readonly Readonly<Record<string, unknown>>[]) => Promise<void>;
  /** Asks PostHog itself, with its key. */
  readonly ask: (method: string, path: string, sending?: Sending) => Promise<Answer>;
}

export function sandboxControl(origin: string): SandboxControl {
  const send = clientOf(origin);
  const control = async (method: string, path: string, json?: unknown): Promise<unknown> => {
    const answer = await send(method, `/_sandbox/${path}`, json === undefined ? {} : { json });
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  const does = async (method: string, path: string, json?: unknown): Promise<void> => {
    await control(method, path, json);
  };
  const received = async () =>
    ((await control('GET', 'received')) as { received: readonly Received[] }).received;
  return {
    reset: (settings = {}) =>
      does('POST', 'reset', {
        now: NOW,
        throttle: false,
        actors_cache: false,
        nested_quirks: false,
        deletion_delay_ms: 0,
        ...(settings['generation'] === 'A' ? { keys: [{ key: KEY, scopes: [] }] } : {}),
        ...settings,
      }),
    change: (settings) => does('PATCH', 'settings', settings),
    fault: (fault) => does('POST', 'faults', fault),
    clearFaults: () => does('DELETE', 'faults'),
    hold: (which = {}) => does('POST', 'faults', { ...which, kind: 'hold' }),
    release: () => does('POST', 'release'),
    arrived: async (count) => {
      await until(`${count} requests are at PostHog`, async () =>
        (await received()).length >= count ? true : undefined,
      );
    },
    received,
    forget: () => does('DELETE', 'received'),
    state: async () => (await control('GET', 'state')) as SandboxState,
    addPersons: (persons) => does('POST', 'persons', persons),
    addEvents: (events) => does('POST', 'events', events),
    ask: (method, path, sending = {}) =>
      send(method, path, {
        ...sending,
        headers: { authorization: `Bearer ${KEY}`, ...sending.headers },
      }),
  };
}
