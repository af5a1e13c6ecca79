/** The deletion log in the Worker the object tests run in, and what they give it. */
import { env } from 'cloudflare:workers';
import type { Deletion, DeletionFlags } from '../../src/catalogue/deletion.ts';
import { PersonUuid, ProjectId, TenantId, TokenId, newRequestId, type Random } from '../../src/core/ids.ts';
import { DeletionLog as Real, type DeletionOrder } from '../../src/objects/deletion-log.ts';

export const KEY = 'phx_a-key-"only"-the-gateway-holds';
export const ORIGIN = 'https://posthog.example';

/** The object as it is deployed, with an environment. */
export class DeletionLog extends Real {
  constructor(ctx: DurableObjectState, bindings: Cloudflare.Env) {
    super(ctx, {
      ...bindings,
      POSTHOG_HOST: ORIGIN,
      POSTHOG_PERSONAL_API_KEY: KEY,
      ADMIN_TOKEN: 'an admin token'.replaceAll(' ', '-').padEnd(32, '.'),
      TOKEN_SIGNING_KEYS: `k1:${'s'.repeat(32)}`,
    });
  }
}

const { DELETION_LOG } = env as unknown as { DELETION_LOG: DurableObjectNamespace<DeletionLog> };

export const freshLog = () => DELETION_LOG.getByName(crypto.randomUUID());

const random: Random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

export const tokenId = (letter: string): TokenId => TokenId.parse(`tok_${letter.repeat(22)}`);

/** A made-up person: the nth. */
export const uuid = (n: number): PersonUuid =>
  PersonUuid.parse(`00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`);

export const uuids = (count: number): PersonUuid[] => Array.from({ length: count }, (_, n) => uuid(n));

const NO_FLAGS: DeletionFlags = { delete_events: false, delete_recordings: false, keep_person: false };

export const bulk = (ids: readonly PersonUuid[], flags: Partial<DeletionFlags> = {}): Deletion => ({
  operation: 'persons_bulk_delete',
  projectId: ProjectId.parse(1),
  target: { kind: 'uuids', ids },
  flags: { ...NO_FLAGS, ...flags },
});

export const single = (
  operation: Exclude<Deletion['operation'], 'persons_bulk_delete'>,
  flags: Partial<DeletionFlags> = {},
): Deletion => ({
  operation,
  projectId: ProjectId.parse(1),
  target: { kind: 'person', ids: [uuid(7)] },
  flags: { ...NO_FLAGS, ...flags },
});

/** An order of the tenant acme by token `tok_aaa…`, with a budget nobody reaches. */
export const order = (deletion: Deletion, changes: Partial<DeletionOrder> = {}): DeletionOrder => ({
  tenant: TenantId.parse('acme'),
  requestId: newRequestId(random),
  token: tokenId('a'),
  ancestors: [],
  deletion,
  budgets: [{ holder: 'tenant', persons_per_day: 1_000_000 }],
  ...changes,
});
