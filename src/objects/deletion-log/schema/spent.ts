/** Indexes for what counts of the budget: which deletions were sent, or ended otherwise, in the last day. */
import type { Migration } from '../../migrations.ts';

export const spentStep: Migration = {
  name: 'spent',
  sql: `
    -- A deletion counts until it was sent, so when it was released says nothing any more.
    DROP INDEX transitions_released;
    -- One row for each outcome.
    CREATE INDEX outcomes_settled ON outcomes (settled_at);
    -- One row for each deletion that ended without having been accepted whole.
    CREATE INDEX transitions_ended ON transitions (at) WHERE event IN ('refused', 'undecided', 'given_up', 'abandoned');`,
};
