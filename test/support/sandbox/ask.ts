import { expect } from 'vitest';
import { launchSandbox, type Sandbox } from './launch.ts';

/** Short words for asking a running sandbox, shared by its tests. */

/** The moment every test world stands at. */
export const NOW = '2026-03-15T12:00:00Z';
/** The key of a fresh world. */
export const KEY = 'phx_sandbox';

/** Settings in which the legacy insights answer: the oldest generation, and a key without a scope list. */
export const OLDEST = { generation: 'A', keys: [{ key: KEY, scopes: [] }] } as const;

/** An answer, read whole. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined if it is none. */
  readonly json: unknown;
}

/** What to send beside method and path. */
export interface RawCall {
  readonly body?: unknown;
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
}

/** A sandbox and the ways to ask it. */
export interface Bench extends Sandbox {
  readonly ask: (method: string, path: string, sent?: RawCall) => Promise<Answered>;
  /** GET below `/api/projects/1/persons`. */
  readonly get: (path: string, sent?: RawCall) => Promise<Answered>;
  /** POST below `/api/projects/1/persons`. */
  readonly post: (path: string, body: unknown, sent?: RawCall) => Promise<Answered>;
  /** Everything that arrived since the last reset. */
  readonly received: () => Promise<unknown[]>;
  /** A fresh world at NOW with these settings; throttles, crashes of nested paths and delays of deletions are off unless said otherwise. */
  readonly reset: (settings?: Record<string, unknown>) => Promise<void>;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Launches a sandbox to be asked. */
export async function launchBench(): Promise<Bench> {
  const sandbox = await launchSandbox();
  const ask: Bench['ask'] = async (method, path, sent = {}) => {
    const headers: Record<string, string> =
      sent.key === null ? {} : { authorization: `Bearer ${sent.key ?? KEY}` };
    if (sent.body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(sandbox.url + path, {
      method,
      headers: { ...headers, ...sent.headers },
      redirect: 'manual',
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  };
  return {
    ...sandbox,
    ask,
    get: (path, sent) => ask('GET', `/api/projects/1/persons${path}`, sent),
    post: (path, body, sent) => ask('POST', `/api/projects/1/persons${path}`, { ...sent, body }),
    received: async () => {
      const list = at(await sandbox.control('GET', 'received'), 'received');
      return Array.isArray(list) ? list.map((entry: unknown) => entry) : [];
    },
    reset: async (settings = {}) => {
      await sandbox.control('POST', 'reset', {
        now: NOW,
        throttle: false,
        nested_quirks: false,
        deletion_delay_ms: 0,
        ...settings,
      });
    },
  };
}

/** Walks into a JSON value by names and positions. */
export function at(value: unknown, ...steps: readonly (string | number)[]): unknown {
  let here: unknown = value;
  for (const step of steps) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Object.entries(here).find(([name]) => name === String(step))?.[1];
  }
  return here;
}

/** One member of every row of a list. */
export function column(value: unknown, name: string): unknown[] {
  return Array.isArray(value) ? value.map((row: unknown) => at(row, name)) : [];
}

/** The UUIDs on a page of the list. */
export function listed(answered: Answered): unknown[] {
  return column(at(answered.json, 'results'), 'uuid');
}

/** The UUIDs on a page of an insight. */
export function actors(answered: Answered): unknown[] {
  return column(at(answered.json, 'results', 0, 'people'), 'uuid');
}

/** A JSON value as a query parameter. */
export function q(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value));
}

/** Texts in alphabetical order, for lists whose order means nothing. */
export function sorted(values: readonly unknown[]): string[] {
  return values.map(String).toSorted();
}

/** Any text, and any number, in an expected value. */
export const SOME_TEXT: unknown = expect.any(String);
export const SOME_NUMBER: unknown = expect.any(Number);
