/** Registering tenants and making tokens, as an operator and a partner do. */
import { ScopeName } from '../../src/core/scopes.ts';
import type { Answer, Send } from './client.ts';

/** The web origin of every tenant's own pages. */
export const PAGE = 'https://app.acme.example';

export type Members = Readonly<Record<string, unknown>>;

/** May do everything in project 1, and never reaches a limit: what a test is about it narrows. */
export const EVERYTHING: Members = {
  name: 'Acme',
  project_id: 1,
  scopes: ScopeName.options,
  rate: { requests_per_minute: 10_000_000, burst: 1_000_000 },
  deletes: { persons_per_day: 1_000_000_000, events: true, recordings: true },
  origins: [PAGE],
};

/** A token as it is handed out. */
export interface Minted {
  readonly token: string;
  readonly id: string;
  readonly name: string;
  readonly expires_at: string;
  readonly not_before: string | null;
  readonly grant: Members;
}

export interface Tenants {
  /** Registers the tenant or changes its record. */
  readonly put: (tenant: string, record?: Members) => Promise<void>;
  readonly mint: (tenant: string, request?: Members) => Promise<Minted>;
  readonly derive: (parent: string, request?: Members) => Promise<Minted>;
  /** A new tenant that may do everything, and a token with all of it. */
  readonly fresh: (record?: Members) => Promise<{ tenant: string; token: string; id: string }>;
  /** The deletion log as the operator reads it, newest first. */
  readonly log: (tenant: string) => Promise<readonly LogEntry[]>;
}

export interface LogEntry {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly request_id: string;
  readonly registration: string | null;
  readonly asked: number;
  readonly in_slice: number | null;
  readonly sent: number;
  readonly last_problem: string | null;
  readonly outcome: Readonly<Record<string, unknown>> | null;
}

const expected = (answer: Answer, ...statuses: number[]): unknown => {
  if (!statuses.includes(answer.status)) throw new Error(`${answer.status} ${answer.text}`);
  return answer.json;
};

export function tenantsOf(
  admin: (method: string, path: string, json?: unknown) => Promise<Answer>,
  send: Send,
): Tenants {
  let made = 0;
  const put: Tenants['put'] = async (tenant, record = {}) => {
    expected(await admin('PUT', `/${tenant}`, { slice: null, ...EVERYTHING, ...record }), 200, 201);
  };
  const mint: Tenants['mint'] = async (tenant, request = {}) =>
    expected(await admin('POST', `/${tenant}/tokens`, { name: 'a backend', ...request }), 201) as Minted;
  return {
    put,
    mint,
    derive: async (token, json = {}) =>
      expected(await send('POST', '/v1/tokens', { token, json: { name: 'a page', ...json } }), 201) as Minted,
    fresh: async (record = {}) => {
      made += 1;
      const tenant = `tenant-${made}`;
      await put(tenant, record);
      const { token, id } = await mint(tenant);
      return { tenant, token, id };
    },
    log: async (tenant) =>
      (
        expected(await admin('GET', `/${tenant}/deletions?limit=1000`), 200) as {
          results: readonly LogEntry[];
        }
      ).results,
  };
}
