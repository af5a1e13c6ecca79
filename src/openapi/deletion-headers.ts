/** Headers of requests that delete, and of their answers, as OpenAPI says them. */
import {
  BUDGET_HEADER,
  DELETION_HEADER,
  IDEMPOTENCY_KEY_HEADER,
  REPEAT_HEADER,
  REPLAYED_HEADER,
} from '../contract/deletion-headers.ts';

const text = (description: string) => ({ description, schema: { type: 'string' } });

export const DELETION_HEADERS = {
  [DELETION_HEADER]: text('The entry of the deletion log.'),
  Location: text('Where that entry is read.'),
  [BUDGET_HEADER]: text(
    'Of `q` persons in 24 hours `r` are left, and more come in `t` seconds; by holder, as a list.',
  ),
  [REPEAT_HEADER]: text(
    'The deletion of the same persons by the same token less than a minute before, where no key was sent.',
  ),
  [REPLAYED_HEADER]: text('`true` where the key stands for an earlier deletion, which this answer is about.'),
} as const;

export const IDEMPOTENCY_KEY = {
  name: IDEMPOTENCY_KEY_HEADER,
  in: 'header',
  description:
    'A text in quotation marks that names the request. For seven days the same request with it is the same deletion; ' +
    'another request with it is 422.',
  schema: { type: 'string' },
} as const;
