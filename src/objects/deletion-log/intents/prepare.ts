/** What has to be checked and computed for an order before anything can be written at once. */
import type { Keyring } from '../../../authn/keyring.ts';
import { failure, failureUntil, type Failure } from '../../../core/failure.ts';
import type { RegistrationId, TenantId } from '../../../core/ids.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { digestOf, distinct } from '../digest.ts';
import { distinctIdHasher, type DistinctIdKey } from '../distinct-id-key.ts';
import { askedOf, type DeletionOrder } from '../entry.ts';
import type { Registrations } from '../storage/registrations.ts';
import { keyedOrder, type Keyed } from './keyed.ts';
import { keysOf } from '../reset-scope.ts';
import { checkFilter, checkPreviewed, isSelection } from '../resolving/selection.ts';

export interface PreparedOrder {
  readonly order: DeletionOrder;
  readonly digest: string;
  readonly keys: readonly DistinctIdKey[];
  readonly keyed: Keyed | null;
}

/** Fails with `field_invalid` or `deletion_preview_required`. */
export async function prepare(order: DeletionOrder, keyring: Keyring): Promise<Result<PreparedOrder>> {
  const persons = distinct(order.deletion.target.ids).length;
  const refusal = checkFilter(order.filter) ?? (isSelection(order) ? null : checkPreviewed(order, persons));
  if (refusal !== null) return err(refusal);
  return ok({
    order,
    digest: await digestOf(askedOf(order).ids),
    keys: order.resolved === undefined ? [] : await keysOf(order, await distinctIdHasher(keyring)),
    keyed: await keyedOrder(order),
  });
}

/** Seconds after which a deletion that was not written down may be asked for again. */
const RETRY_AFTER_SECONDS = 5;

/**
 * The refusal of an order whose registration is no longer in force: the request may have waited for its body or for
 * look-ups while its tenant was removed and registered anew.
 */
export async function checkRegistration(
  { tenant, registration }: Pick<DeletionOrder, 'tenant' | 'registration'>,
  registrations: Registrations,
  currentOf: (tenant: TenantId) => Promise<RegistrationId | null>,
): Promise<Failure | null> {
  try {
    const current = await currentOf(tenant);
    return current === registration && !registrations.isSuperseded(registration) ? null : ENDED;
  } catch {
    return failureUntil('state_unavailable', 'The tenant could not be asked for.', RETRY_AFTER_SECONDS);
  }
}

const ENDED = failure(
  'tenant_unknown',
  'The tenant was removed, or registered anew, after this request had arrived. Nothing was deleted.',
);
