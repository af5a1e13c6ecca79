/** What operators and tenants change, and which answers no isolate may give after it. */
import type { Answer, Send } from '../client.ts';
import { ADMIN_TOKEN } from '../secrets.ts';
import type { Members } from '../tenants.ts';
import type { Read } from './readers.ts';

/** Whom a change is about. */
export interface Subject {
  readonly tenant: string;
  /** Of the token that reads. */
  readonly tokenId: string;
  readonly projectId: number;
  readonly person: string;
  /** Another tenant's token of the same project, which may delete. */
  readonly deleter: string;
}

export interface Change {
  /** Asks one isolate for it. Asked again, it is the same change. */
  readonly make: (send: Send, subject: Subject) => Promise<Answer>;
  /** True for an answer that says that the change is yet to be made. */
  readonly isAhead?: (answer: Answer) => boolean;
  /** True for an answer that is forbidden once the change was answered. Those above 499 tell nobody anything. */
  readonly forbids: (read: Read) => boolean;
}

const admin = (send: Send, method: string, path: string, json?: Members): Promise<Answer> =>
  send(method, `/admin/v1/tenants/${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });

const narrowed = (json: Members, forbids: Change['forbids']): Change => ({
  make: (send, { tenant }) => admin(send, 'PATCH', tenant, json),
  forbids,
});

/** By kind; those of one kind are made by turns. */
export const CHANGES = {
  revoke: [
    {
      make: (send, { tenant, tokenId }) => admin(send, 'DELETE', `${tenant}/tokens/${tokenId}`),
      forbids: ({ code }) => code !== 'token_revoked',
    },
  ],
  suspend: [
    {
      make: (send, { tenant }) => admin(send, 'POST', `${tenant}/suspend`),
      forbids: ({ code }) => code !== 'tenant_suspended',
    },
  ],
  narrow: [
    narrowed({ scopes: ['cohort:read'] }, ({ code }) => code !== 'scope_missing'),
    narrowed({ properties: { hidden: ['secret'] } }, ({ status }) => status !== 200),
    narrowed({ slice: { property: 'team', value: 'blue' } }, ({ status }) => status !== 404),
  ],
  delete: [
    {
      make: (send, { projectId, person, deleter }) =>
        send('POST', `/api/projects/${projectId}/persons/bulk_delete/`, {
          token: deleter,
          json: { ids: [person] },
          headers: { 'idempotency-key': `delete-${person}` },
        }),
      isAhead: ({ json }) => (json as Members)['deletion'] !== undefined,
      forbids: ({ status }) => status !== 404,
    },
  ],
} as const satisfies Record<string, readonly Change[]>;

export type ChangeKind = keyof typeof CHANGES;
