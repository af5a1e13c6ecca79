/** Takes orders for deletions: who asks is known, nothing that is refused is written, and what is refused is kept in mind. */
import { isKeptRefusal } from '../../../contract/deletions/refusal.ts';
import { failure, failureUntil, type Failure } from '../../../core/failure.ts';
import type { TenantId, TokenId } from '../../../core/ids.ts';
import { err, type Result } from '../../../core/result.ts';
import type { TenantRequesters } from '../../tenant/tenant.ts';
import { tokensOf, type Requester } from '../audit/requesters.ts';
import type { IdKeeping } from '../audit/id-keeping.ts';
import type { Refusal, Refusals } from '../audit/refusals.ts';
import { distinct } from '../digest.ts';
import { askedOf, slicesOf, type DeletionOrder } from '../entry.ts';
import type { Intents, Replayed, WrittenIntent } from './intents.ts';
import { prepare } from './prepare.ts';
import type { Upstream } from '../send.ts';
import type { Registrations } from '../storage/registrations.ts';

/** Seconds after which a deletion that was not written down may be asked for again. */
const RETRY_AFTER_SECONDS = 5;

/** Asks the object of a tenant what it says now of itself and of these tokens. */
export type AskTenant = (tenant: TenantId, tokens: readonly TokenId[]) => Promise<TenantRequesters>;

/** The tenant's object and the clock. */
export interface OrdersWorld {
  readonly askTenant: AskTenant;
  readonly nowMs: () => number;
}

export class Orders {
  readonly #intents: Intents;
  readonly #registrations: Registrations;
  readonly #refusals: Refusals;
  readonly #keeping: IdKeeping;
  readonly #askTenant: AskTenant;
  readonly #nowMs: () => number;

  constructor(
    intents: Intents,
    registrations: Registrations,
    refusals: Refusals,
    keeping: IdKeeping,
    { askTenant, nowMs }: OrdersWorld,
  ) {
    this.#intents = intents;
    this.#registrations = registrations;
    this.#refusals = refusals;
    this.#keeping = keeping;
    this.#askTenant = askTenant;
    this.#nowMs = nowMs;
  }

  /** Writes the order down, or refuses it. */
  async take(order: DeletionOrder, upstream: Upstream): Promise<Result<WrittenIntent | Replayed>> {
    const requesters = await this.#requestersOf(order.tenant, order);
    if (requesters === null) return err(unreachable());
    const { names, registration } = requesters;
    if (registration !== order.registration || this.#registrations.isSuperseded(order.registration))
      return err(ENDED);
    const prepared = await prepare(order, names, upstream.keyring);
    const written = this.#intents.write(prepared, upstream);
    if (written.ok) this.#keeping.follow(order.keepIdsDays ?? null);
    else if (isKeptRefusal(written.failure.code))
      this.#refusals.record(refusalOf(order, written.failure.code), names, this.#nowMs());
    return written;
  }

  /** Keeps a refusal that was decided elsewhere. */
  async note(refusal: Refusal): Promise<void> {
    const requesters = await this.#requestersOf(refusal.tenant, refusal.requester);
    this.#refusals.record(refusal, requesters?.names ?? [], this.#nowMs());
  }

  /** Null where the tenant's object does not answer. */
  async #requestersOf(
    tenant: TenantId,
    requester: Pick<Requester, 'token' | 'ancestors'>,
  ): Promise<TenantRequesters | null> {
    try {
      return await this.#askTenant(tenant, tokensOf(requester));
    } catch {
      return null;
    }
  }
}

const refusalOf = (order: DeletionOrder, code: Refusal['code']): Refusal => ({
  code,
  registration: order.registration,
  tenant: order.tenant,
  requester: { token: order.token, ancestors: order.ancestors, actor: order.actor ?? null },
  requestId: order.requestId,
  deletion: order.deletion,
  asked: { kind: askedOf(order).kind, ids: distinct(askedOf(order).ids).length },
  slices: slicesOf(order),
});

const unreachable = (): Failure =>
  failureUntil(
    'state_unavailable',
    'Whether the tenant is still registered could not be checked, so nothing was sent.',
    RETRY_AFTER_SECONDS,
  );

/** The request may have waited for its body or for look-ups meanwhile. */
const ENDED = failure(
  'tenant_unknown',
  'The tenant was removed, or registered anew, after this request had arrived. Nothing was deleted.',
);
