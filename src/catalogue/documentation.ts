/**
 * What every operation is for, in words: for the OpenAPI document and the README. The Worker knows none of it but the
 * examples, which stand in the entries because refusals show them.
 */
import { LIMITS } from '../core/limits.ts';
import type { Operation } from './operation.ts';

export interface Documentation {
  readonly summary: string;
  /** What a caller has to know that the schema does not say; Markdown. */
  readonly description: string;
}

const NEWER = 'Not in generation A: 400 `generation_lacks`.';
const ASYNC = 'PostHog accepts the change before it is made, and says so even where making it fails.';
const LOGGED =
  'Written to the deletion log first; the answer names the entry in `Hedgerow-Deletion` and `Location`.';
const WINDOW = 'The last 7 days unless `date_from` and `date_to` say otherwise.';
const FOLLOW = 'Follow `next` until it is null.';

/** By the id of the operation. */
export const DOCUMENTATION: { readonly [id: string]: Documentation } = {
  persons_list: {
    summary: 'List persons',
    description:
      'Filters are joined by AND. `properties` is a flat JSON list of `{key, type: "person", operator, value}`. ' +
      'Follow `next` until it is null: a page may hold fewer rows than `limit`, even none, and still have one.',
  },
  persons_retrieve: {
    summary: 'Retrieve one person',
    description: 'By number or UUID. For a distinct id, list with `distinct_id`.',
  },
  persons_cohorts: {
    summary: 'List the cohorts a person is in',
    description:
      'PostHog looks memberships up in the project that the owner of the key has open: the key should belong to a ' +
      'service user whose only project is this one.',
  },
  persons_values: {
    summary: 'List the values of a person property',
    description: 'Over the whole project, with counts; `value` keeps those that contain it.',
  },
  persons_deletion_status: {
    summary: 'See which event deletions are pending',
    description: `Tracks events only; a person that is not listed proves nothing. ${NEWER}`,
  },
  persons_batch_by_distinct_ids: {
    summary: 'Look persons up by distinct id',
    description: `Up to ${LIMITS.batchIdsMax} at once; a longer list is refused, because PostHog drops the rest without a word. An empty list finds nobody. ${NEWER}`,
  },
  persons_batch_by_uuids: {
    summary: 'Look persons up by UUID',
    description: `Up to ${LIMITS.batchIdsMax} at once. ${NEWER}`,
  },
  persons_properties_at_time: {
    summary: "See a person's properties as they were",
    description: `At \`timestamp\`, an ISO 8601 time with offset. Exactly one of \`distinct_id\`, \`person_id\` (a UUID). ${NEWER}`,
  },
  persons_update: {
    summary: 'Set properties of a person',
    description:
      'Merged into what is there, by PUT as well as by PATCH. A whole person as it was read may be sent: members ' +
      `besides \`properties\` are ignored. ${ASYNC}`,
  },
  persons_update_property: {
    summary: 'Set one property of a person',
    description: `A \`null\` value is refused by generation A. ${ASYNC}`,
  },
  persons_delete_property: {
    summary: 'Remove one property of a person',
    description: ASYNC,
  },
  persons_split: {
    summary: 'Split a merged person',
    description:
      '`main_distinct_id` keeps its person, every other becomes its own; or name `distinct_ids_to_split` ' +
      '(generation B on). Split-off persons start without properties. Runs later.',
  },
  persons_reset_distinct_id: {
    summary: 'Make the distinct id of a deleted person usable again',
    description:
      'Has an effect only after new events re-created the person; earlier, and for unknown ids, it answers 202 and ' +
      'does nothing.',
  },
  persons_bulk_delete: {
    summary: 'Delete up to 1000 persons',
    description:
      'By UUID (`ids`) or by distinct id, which deletes the whole merged person. Unknown ids are ignored. In the query ' +
      `lists are JSON: \`ids=["…"]\`. ${LOGGED} 202 means accepted, never done.`,
  },
  persons_destroy: {
    summary: 'Delete one person',
    description: `A flag counts only where it is \`true\`; PostHog itself would take \`delete_events=false\` for yes. ${LOGGED}`,
  },
  persons_delete_events: {
    summary: 'Delete the events of a person, keeping the profile',
    description: `The grant must allow deleting events. ${LOGGED}`,
  },
  persons_delete_recordings: {
    summary: 'Delete the recordings of a person, keeping the profile',
    description: `The grant must allow deleting recordings. ${LOGGED}`,
  },
  persons_activity: {
    summary: 'List what was done to the persons of the project',
    description:
      'Newest first, 10 a page unless `limit` says otherwise. Shows the e-mail addresses of staff.',
  },
  persons_person_activity: {
    summary: 'List what was done to one person',
    description: '404 once the person is deleted.',
  },
  persons_funnel: {
    summary: 'List the persons at a step of a funnel',
    description: `\`funnel_step\` n: reached step n; -n: reached the one before, not this. ${WINDOW} ${FOLLOW}`,
  },
  persons_funnel_correlation: {
    summary: 'List the persons behind a funnel correlation',
    description: FOLLOW,
  },
  persons_lifecycle: {
    summary: 'List the persons of one lifecycle state on a day',
    description: `${WINDOW} ${FOLLOW}`,
  },
  persons_stickiness: {
    summary: 'List the persons who were active on that many days',
    description: `${WINDOW} ${FOLLOW}`,
  },
  persons_trends: {
    summary: 'List the persons behind a point of a trend',
    description: `\`value_at_data_point\` is the number of events. ${WINDOW} ${FOLLOW}`,
  },
  persons_properties_timeline: {
    summary: "See how a person's properties changed along an insight",
    description: `Generation A only; with later ones 410 \`operation_removed\`. ${WINDOW}`,
  },
};

/** @throws where an operation has no documentation, which a test does not let happen. */
export function documentationOf({ id }: Pick<Operation, 'id'>): Documentation {
  const documentation = DOCUMENTATION[id];
  if (documentation === undefined) throw new Error(`the operation ${id} has no documentation`);
  return documentation;
}
