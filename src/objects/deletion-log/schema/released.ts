/** An index for what counts of the budget: which deletions were released in the last day. */
import type { Migration } from '../../migrations.ts';

export const releasedStep: Migration = {
  name: 'released',
  sql: `
    -- One row for each deletion that was held: a budget counts it from when it was released.
    CREATE INDEX transitions_released ON transitions (at) WHERE event = 'released';`,
};
