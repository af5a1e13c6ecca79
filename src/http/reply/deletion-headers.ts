/** Headers by which a client learns of its deletion and of what is left of its budgets. */
import { DELETIONS_PATH } from '../../contract/control-route.ts';
import type { DeletionBudget } from '../../contract/deletion-budget.ts';
import {
  BUDGET_HEADER,
  DELETION_HEADER,
  REPEAT_HEADER,
  REPLAYED_HEADER,
} from '../../contract/deletion-headers.ts';
import type { DeletionId } from '../../core/ids.ts';
import type { Told } from '../../objects/deletion-log/deletion-log.ts';

export const addressOf = (id: DeletionId): string => `${DELETIONS_PATH}/${id}`;

/** Name the entry a deletion was written down in, and say whether it is an earlier one or repeats one. */
export const deletionHeaders = (
  id: DeletionId,
  { replayed, likelyRepeatOf }: Pick<Told, 'replayed' | 'likelyRepeatOf'>,
): Record<string, string> => ({
  [DELETION_HEADER]: id,
  Location: addressOf(id),
  ...(replayed ? { [REPLAYED_HEADER]: 'true' } : {}),
  ...(likelyRepeatOf === null ? {} : { [REPEAT_HEADER]: likelyRepeatOf }),
});

/** A list in the manner of `RateLimit`: of `q` persons in 24 hours `r` are left, and more come in `t` seconds. */
export const budgetHeaders = (budgets: readonly DeletionBudget[]): Record<string, string> =>
  budgets.length === 0 ? {} : { [BUDGET_HEADER]: budgets.map(budgetItem).join(', ') };

const budgetItem = ({ holder, persons_per_day, remaining, more_in_seconds }: DeletionBudget): string =>
  `"${holder}";q=${persons_per_day};r=${remaining}${more_in_seconds === null ? '' : `;t=${more_in_seconds}`}`;
