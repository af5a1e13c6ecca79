/**
 * The columns of a table. They depend on the kind of row alone, never on the rows of a page, so that all pages of one
 * listing join into one table.
 */
import type { Reply } from './operation.ts';

/** The column that holds, as JSON, every member of a row that has no column of its own. */
export const OTHER_MEMBERS = 'other';

/** What a column of one property is called: `properties.` and the name of the property, dots and all. */
export const propertyColumn = (property: string): string => `properties.${property}`;

const PERSON = [
  'uuid',
  'name',
  'created_at',
  'last_seen_at',
  'is_identified',
  'distinct_ids',
  'properties',
  'type',
  'id',
  'value_at_data_point',
  'matched_recordings',
] as const;
const ACTIVITY = ['id', 'activity', 'scope', 'item_id', 'created_at', 'user', 'detail'] as const;
const COHORT = ['id', 'name', 'count'] as const;
const DELETION_STATUS = ['person_uuid', 'created_at', 'status', 'delete_verified_at'] as const;

/** Members of a row that have a column, in their order. */
export function columnsOf({ contains }: Pick<Reply, 'contains'>): readonly string[] {
  switch (contains) {
    case 'activity':
      return ACTIVITY;
    case 'cohorts':
      return COHORT;
    case 'nothing':
      return DELETION_STATUS;
    case 'persons':
    case 'person':
    case 'past_person':
    case 'person_map':
    case 'timeline':
      return PERSON;
  }
}
