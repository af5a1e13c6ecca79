/** What PostHog's answers are, as far as the gateway acts on it (PostHog contract §5, §7, §8). */
import { ANYTHING, NO_REFERENCES } from './fields/references.ts';
import type { Paging, Reply } from './operation.ts';

/** One of the people every sandbox is sure to have: what the documentation shows can be tried. */
export const EXAMPLE_UUID = '0190c0de-0001-7000-8000-000000000001';

/** What a reply contains of persons has no default: an entry that does not say it does not compile. */
const reply = (part: Partial<Reply> & Pick<Reply, 'schema' | 'contains'>): Reply => ({
  status: 200,
  paging: null,
  rows: null,
  refersTo: NO_REFERENCES,
  ...part,
});

const byOffset: Paging = { limit: 'limit', position: 'offset', unit: 'offset', limitDefault: 100 };

export const listReply = reply({ schema: 'list', paging: byOffset, rows: 'results', contains: 'persons' });

const actors = (paging: Paging): Reply =>
  reply({ schema: 'actors', paging, rows: 'people', contains: 'persons' });

export const actorsReply = actors(byOffset);

export const correlationReply = actors({
  limit: 'funnel_correlation_person_limit',
  position: 'funnel_correlation_person_offset',
  unit: 'offset',
  limitDefault: 100,
});

export const activityReply = reply({
  schema: 'activity',
  paging: { limit: 'limit', position: 'page', unit: 'page', limitDefault: 10 },
  rows: 'results',
  contains: 'activity',
});

export const deletionStatusReply = reply({
  schema: 'deletion_status',
  contains: 'nothing',
  paging: byOffset,
  rows: 'results',
});

export const cohortsReply = reply({
  schema: 'cohorts',
  contains: 'cohorts',
  // A cohort is defined in PostHog, by any property: being in it tells of that.
  refersTo: ANYTHING,
  rows: 'results',
});

export const personReply = reply({ schema: 'person', contains: 'person' });

/** A past state of a person, and what it was made from. */
export const pastPersonReply = reply({ schema: 'past_person', contains: 'past_person' });

/** A map from what was asked to the person; what is not there is left out. */
export const personsByDistinctIdReply = reply({ schema: 'persons_by_distinct_id', contains: 'person_map' });
export const personsByUuidReply = reply({ schema: 'persons_by_uuid', contains: 'person_map' });

export const valuesReply = reply({ schema: 'values', contains: 'nothing' });

export const timelineReply = reply({ schema: 'timeline', contains: 'timeline' });

/** 202 with nothing in it: accepted, not done. */
export const acceptedReply = reply({ schema: null, contains: 'nothing', status: 202 });

/** 201 with `success`: accepted, runs later. */
export const startedReply = reply({ schema: 'started', contains: 'nothing', status: 201 });

/** Generation A answers 202 without a body; C queues persons and reports none deleted. */
export const bulkDeleteReply = reply({ schema: 'bulk_delete', contains: 'nothing', status: 202 });
