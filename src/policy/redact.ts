/**
 * What leaves the gateway of a person, under a grant that hides something. Rebuilt from the members that are known, never
 * cut out of what came: a member PostHog adds tomorrow may hold what is hidden today. Nothing is ever added, and under
 * a grant that hides nothing the answer passes as it is.
 */
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { inSlice, type Slice } from './slice.ts';
import type { Visibility } from './visibility.ts';

/** A row of a list or an insight, a retrieved person, or one of a batch (PostHog contract §7). */
export function redactPerson(person: JsonObject, visibility: Visibility): JsonObject {
  return visibility.showsEverything ? person : pick(person, personMembers(visibility));
}

/** A person as it was: what the answer was made from lists all distinct ids, so only what was asked for is kept. */
export function redactPastPerson(person: JsonObject, visibility: Visibility): JsonObject {
  if (visibility.showsEverything) return person;
  return pick(person, { ...personMembers(visibility), point_in_time_metadata: METADATA });
}

/**
 * How properties changed along an insight. Under a slice only the points at which the person was in the slice, by the
 * point's own properties: at the others it may have been a person of another tenant.
 */
export function redactTimeline(
  timeline: JsonObject,
  visibility: Visibility,
  slices: readonly Slice[],
): JsonObject {
  if (visibility.showsEverything && slices.length === 0) return timeline;
  const point = { timestamp: scalar, properties: shownProperties(visibility), relevant_event_count: scalar };
  const wasInSlice = (item: Json) => isJsonObject(item) && inSlice(slices, item['properties']);
  return pick(timeline, {
    points: (points, parent) =>
      each(object(point))(isList(points) ? points.filter((item) => wasInSlice(item)) : [], parent),
    crucial_property_keys: (keys) => textsIn(keys).filter((key) => visibility.showsProperty(key)),
    effective_date_from: scalar,
    effective_date_to: scalar,
  });
}

/**
 * An entry of the activity log. Its details hold names, distinct ids and values of before and after, also of merged
 * persons, and it does not say whether the person was in the slice then: under a slice none of them is shown.
 */
export function redactActivity(
  entry: JsonObject,
  visibility: Visibility,
  slices: readonly Slice[],
): JsonObject {
  return visibility.showsEverything && slices.length === 0 ? entry : pick(entry, ACTIVITY);
}

/** A cohort of a person's. How many are in it, and what puts them there, is about everybody of the project. */
export function redactCohort(
  cohort: JsonObject,
  visibility: Visibility,
  slices: readonly Slice[],
): JsonObject {
  return visibility.showsEverything && slices.length === 0 ? cohort : pick(cohort, COHORT);
}

/** A row of the list of pending deletions. */
export const redactDeletionStatus = (row: JsonObject): JsonObject => pick(row, DELETION_STATUS);

/** PostHog's word that it has begun with something. */
export const redactStarted = (answer: JsonObject): JsonObject => pick(answer, { success: scalar });

/**
 * Without the members that are not known and hold a list or an object: what PostHog adds tomorrow may be about other
 * persons. The same object where there are none.
 */
export function withoutUnknownObjects(value: JsonObject, kind: 'person' | 'timeline'): JsonObject {
  const known = kind === 'person' ? PERSON_OBJECTS : TIMELINE_OBJECTS;
  const unknown = Object.keys(value).filter((name) => typeof value[name] === 'object' && !known.has(name));
  return unknown.every((name) => value[name] === null)
    ? value
    : Object.fromEntries(
        Object.entries(value).filter(([name, member]) => member === null || !unknown.includes(name)),
      );
}

const PERSON_OBJECTS: ReadonlySet<string> = new Set([
  'distinct_ids',
  'properties',
  'matched_recordings',
  'point_in_time_metadata',
]);
const TIMELINE_OBJECTS: ReadonlySet<string> = new Set(['points', 'crucial_property_keys']);

/** Redacts one member; `parent` is the object it belongs to. */
type MemberRule = (value: Json, parent: JsonObject) => Json;

/** Copies the members there are rules for, in the order they came. */
const pick = (parent: JsonObject, members: Readonly<Record<string, MemberRule>>): JsonObject =>
  Object.fromEntries(
    Object.entries(parent).flatMap(([name, value]) => {
      const rule = Object.hasOwn(members, name) ? members[name] : undefined;
      return rule === undefined ? [] : [[name, rule(value, parent)]];
    }),
  );

/** A text, a number, a boolean or null, as it is; anything larger could hold anything. */
const scalar: MemberRule = (value) => (typeof value === 'object' ? null : value);
const nothing: MemberRule = () => null;
const none: MemberRule = () => [];
const object =
  (members: Readonly<Record<string, MemberRule>>): MemberRule =>
  (value) =>
    isJsonObject(value) ? pick(value, members) : null;
const each =
  (rule: MemberRule): MemberRule =>
  (value, parent) =>
    isList(value) ? value.map((item) => rule(item, parent)) : [];

const METADATA = object({ queried_timestamp: scalar, include_set_once: scalar, query_mode: scalar });

const ACTIVITY: Readonly<Record<string, MemberRule>> = {
  id: scalar,
  user: object({ first_name: scalar, last_name: scalar, email: scalar, is_system: scalar }),
  activity: scalar,
  scope: scalar,
  item_id: scalar,
  detail: object({ changes: nothing, trigger: nothing, type: nothing, name: nothing, short_id: nothing }),
  created_at: scalar,
};

const DELETION_STATUS: Readonly<Record<string, MemberRule>> = {
  person_uuid: scalar,
  created_at: scalar,
  status: scalar,
  delete_verified_at: scalar,
};

const COHORT: Readonly<Record<string, MemberRule>> = { id: scalar, name: scalar };

const personMembers = (visibility: Visibility): Readonly<Record<string, MemberRule>> => ({
  type: scalar,
  id: scalar,
  uuid: scalar,
  name: (_, person) => nameOf(person, visibility),
  distinct_ids: visibility.showsDistinctIds ? textsIn : none,
  properties: shownProperties(visibility),
  created_at: scalar,
  last_seen_at: scalar,
  is_identified: scalar,
  matched_recordings: none,
  value_at_data_point: scalar,
});

const shownProperties =
  ({ showsProperty }: Visibility): MemberRule =>
  (properties) =>
    isJsonObject(properties)
      ? Object.fromEntries(Object.entries(properties).filter(([name]) => showsProperty(name)))
      : {};

/** PostHog makes a name of properties and distinct ids (PostHog contract §7); here it is made of what is shown. */
const NAMING = ['email', 'name', 'username'];

function nameOf(person: JsonObject, { showsProperty, showsDistinctIds }: Visibility): string | null {
  const properties = isJsonObject(person['properties']) ? person['properties'] : {};
  const named = NAMING.filter((name) => showsProperty(name) && Object.hasOwn(properties, name)).map(
    (name) => properties[name],
  );
  const ids = showsDistinctIds ? textsIn(person['distinct_ids']) : [];
  const texts = [...named, ...ids, person['uuid']].filter((item) => typeof item === 'string');
  const id = person['id'];
  return (
    texts.find((item) => item !== '') ??
    (typeof id === 'number' || typeof id === 'string' ? String(id) : null)
  );
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

const textsIn = (value: Json | undefined): string[] =>
  isList(value) ? value.filter((item) => typeof item === 'string') : [];

const SUMMARY: Readonly<Record<string, MemberRule>> = {
  persons_found: scalar,
  persons_deleted: scalar,
  persons_queued_for_deletion: scalar,
  events_queued_for_deletion: scalar,
  recordings_queued_for_deletion: scalar,
  deletion_errors: each(object({ person_uuid: scalar, step: scalar })),
};

/** PostHog's summary of a bulk delete, with the members that are known. All persons in it are of the deletion. */
export const redactDeletionSummary = (summary: JsonObject): JsonObject => pick(summary, SUMMARY);
