/** The names of the headers of deletions. */

/** Names the entry of the log that a deletion was written down in. */
export const DELETION_HEADER = 'Hedgerow-Deletion';
/** What is left of the budgets, and when more comes. */
export const BUDGET_HEADER = 'Hedgerow-Deletion-Budget';
/** Names a deletion of the same persons by the same token, less than a minute old. */
export const REPEAT_HEADER = 'Hedgerow-Likely-Repeat';
/** Says that the answer is about an earlier deletion, which the idempotency key stands for. */
export const REPLAYED_HEADER = 'Idempotency-Replayed';
/** By draft-ietf-httpapi-idempotency-key-header. */
export const IDEMPOTENCY_KEY_HEADER = 'Idempotency-Key';
