/** What each generated client does: an operator registers a tenant and mints a token, whose holder reads and deletes. */

export interface Target {
  readonly origin: string;
  readonly adminToken: string;
  readonly tenant: string;
}

export interface Seen {
  readonly registered: string;
  readonly scopes: readonly string[];
  readonly listed: number;
  /** The distinct ids of the person that was retrieved. */
  readonly distinctIds: readonly string[];
  readonly deletion: { readonly status: number; readonly state: string };
  /** Codes of refusals: of a project that is not granted, and of a missing token. */
  readonly refusals: readonly string[];
}

export type RoundTrip = (target: Target) => Promise<Seen>;

export const RECORD = {
  name: 'Generated',
  project_id: 1,
  scopes: ['person:read' as const, 'person:delete' as const],
};

/** Parameters that are JSON are sent as text. */
export const FILTER = JSON.stringify([
  { key: 'email', value: 'ada@acme.test', operator: 'exact', type: 'person' },
]);

/** A value that has to be there. */
export function there<T>(value: T | null | undefined): T {
  if (value === null || value === undefined)
    throw new Error('the answer lacks what it is documented to hold');
  return value;
}

export const bearer = (token: string): { readonly Authorization: string } => ({
  Authorization: `Bearer ${token}`,
});
