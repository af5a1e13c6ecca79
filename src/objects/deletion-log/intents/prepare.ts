/** What has to be checked and computed for an order before anything can be written at once. */
import type { Keyring } from '../../../authn/keyring.ts';
import { checkPreviewed } from '../../../policy/delete-rules.ts';
import type { Failure } from '../../../core/failure.ts';
import { digestOf, distinct } from '../digest.ts';
import { distinctIdHasher, type DistinctIdKey } from '../distinct-id-key.ts';
import { askedOf, type DeletionOrder } from '../entry.ts';
import { keyedOrder, type Keyed } from './keyed.ts';
import { keysOf } from '../reset-scope.ts';
import { checkFilter, isSelection } from '../resolving/selection.ts';

export interface PreparedOrder {
  readonly order: DeletionOrder;
  readonly digest: string;
  readonly keys: readonly DistinctIdKey[];
  readonly keyed: Keyed | null;
  /** Of the asker's tokens, in the order of `tokensOf`. */
  readonly names: readonly (string | null)[];
  /** `field_invalid` or `deletion_preview_required`, unless the key stands for a deletion that was made before. */
  readonly refusal: Failure | null;
}

export async function prepare(
  order: DeletionOrder,
  names: PreparedOrder['names'],
  keyring: Keyring,
): Promise<PreparedOrder> {
  const persons = distinct(order.deletion.target.ids).length;
  const unseen = isSelection(order) ? null : checkPreviewed(order.holds.previewOver, persons);
  return {
    order,
    names,
    refusal: checkFilter(order.filter) ?? unseen,
    digest: await digestOf(askedOf(order).ids),
    keys: order.resolved === undefined ? [] : await keysOf(order, await distinctIdHasher(keyring)),
    keyed: await keyedOrder(order),
  };
}
