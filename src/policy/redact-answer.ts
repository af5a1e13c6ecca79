/** Which redaction is for which answer, under a grant with a slice or with property rules. Pure. */
import type { ReplyContent } from '../catalogue/operation.ts';
import type { JsonObject } from '../core/json.ts';
import type { Grant } from './grant.ts';
import {
  redactActivity,
  redactCohort,
  redactDeletionStatus,
  redactPastPerson,
  redactPerson,
  redactTimeline,
  withoutUnknownObjects,
} from './redact.ts';
import { inSlice } from './slice.ts';
import { visibilityOf } from './visibility.ts';

/** What goes out of an object of PostHog's: itself where nothing is taken out of it, `null` where it stays behind. */
export type Redact = (value: JsonObject) => JsonObject | null;

/** What of a grant decides what it shows of persons. */
export type ShownBy = Pick<Grant, 'slices' | 'hidden' | 'visible' | 'distinct_ids_hidden'>;

/** True where nothing of the project is outside the grant, and nothing of a person hidden. */
export const showsWhole = (grant: Grant): boolean =>
  grant.slices.length === 0 && visibilityOf(grant).showsEverything;

/** For the rows of a page, the members of a map, and answers that are one object. */
export function redactorOf(contains: ReplyContent, grant: ShownBy): Redact {
  const { slices } = grant;
  const visibility = visibilityOf(grant);
  switch (contains) {
    case 'persons':
    case 'person':
    case 'person_map':
      return (person) =>
        inSlice(slices, person['properties'])
          ? redactPerson(withoutUnknownObjects(person, 'person'), visibility)
          : null;
    case 'past_person':
      return (person) =>
        inSlice(slices, person['properties'])
          ? redactPastPerson(withoutUnknownObjects(person, 'person'), visibility)
          : null;
    case 'timeline':
      return (timeline) => redactTimeline(withoutUnknownObjects(timeline, 'timeline'), visibility, slices);
    case 'activity':
      return (entry) => redactActivity(entry, visibility, slices);
    case 'cohorts':
      return (cohort) => redactCohort(cohort, visibility, slices);
    case 'nothing':
      return redactDeletionStatus;
  }
}

/** Members of an envelope that are numbers of rows, or say how an answer was made; links are made by the gateway. */
const ENVELOPE: ReadonlySet<string> = new Set([
  'count',
  'total_count',
  'missing_persons',
  'is_cached',
  'last_refresh',
]);

/** Whether a member of an envelope, beside the links, goes out. The slice of a missing person cannot be known any more. */
export const showsEnvelopeMember = (name: string, { slices }: Grant): boolean =>
  ENVELOPE.has(name) && !(name === 'missing_persons' && slices.length > 0);

/** Members that are of what the slice covers as long as PostHog heeded the slice, which its rows show. */
export const countsOfSlice = (contains: ReplyContent, { slices }: Grant): ReadonlySet<string> =>
  slices.length > 0 && contains === 'persons' ? COUNTS : NONE;

const COUNTS: ReadonlySet<string> = new Set(['count']);
const NONE: ReadonlySet<string> = new Set();
