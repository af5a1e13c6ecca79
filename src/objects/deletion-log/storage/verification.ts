/** What became of the persons of a deletion, as a column of a query that reads entries. */

/** A reader with a slice is told that a person is gone where PostHog has the person outside of the slice. */
const COUNTED = {
  all: `'gone', coalesce(sum(gone - came_back), 0), 'reappeared', coalesce(sum(reappeared + came_back), 0),
      'left_slice', coalesce(sum(left_slice), 0)`,
  inside: `'gone', coalesce(sum(gone + left_slice + reappeared_outside - came_back_inside), 0),
      'reappeared', coalesce(sum(reappeared - reappeared_outside + came_back_inside), 0),
      'left_slice', CASE WHEN coalesce(j.slices, r.slices, s.slices) IS NULL THEN 0 END`,
} as const;

const EVENTS =
  "json_object('completed', completed, 'pending', pending, 'not_queued', not_queued, 'unknown', unknown)";

/** Persons of the calls that PostHog accepted of entry `i.entry`, where it is sent in several. */
const ACCEPTED = `(SELECT sum(coalesce(
      (SELECT sent FROM rechecks WHERE entry = e.entry AND chunk = e.chunk AND of_chunk = 1), c.persons))
    FROM chunk_outcomes e JOIN chunks c ON c.entry = e.entry AND c.chunk = e.chunk
    WHERE e.entry = i.entry AND e.state = 'accepted')`;

/** Ended before PostHog had accepted all of its calls: nothing is looked for. */
const BROKEN_OFF = `o.entry IS NULL AND coalesce(j.chunks, 1) > 1 AND EXISTS (SELECT 1 FROM transitions
      WHERE entry = i.entry AND event IN ('refused', 'undecided', 'given_up', 'abandoned'))`;

/** Sums over the looks of entry `i.entry`, and the latest look at events, which is all there is where they stay. Null without. */
export const verificationFor = (
  reader: keyof typeof COUNTED,
): string => `CASE WHEN o.state = 'accepted' AND NOT i.keep_person AND coalesce(r.sent, i.asked) > 0
      AND i.operation IN ('persons_bulk_delete', 'persons_destroy')
      AND (j.entry IS NOT NULL OR EXISTS (SELECT 1 FROM looks WHERE entry = i.entry)) THEN (
    SELECT json_object('last_look_at', max(at), ${COUNTED[reader]}, 'not_checked', coalesce(sum(not_checked), 0),
      'looked_for', coalesce(sum(CASE pass WHEN 1 THEN asked END), 0),
      'events', (SELECT ${EVENTS} FROM event_looks WHERE entry = i.entry ORDER BY look DESC LIMIT 1))
    FROM looks WHERE entry = i.entry)
  WHEN o.state = 'accepted' THEN (
    SELECT json_object('last_look_at', at, 'gone', 0, 'reappeared', 0, 'left_slice', 0, 'not_checked', 0, 'looked_for', NULL, 'events', ${EVENTS})
    FROM event_looks WHERE entry = i.entry ORDER BY look DESC LIMIT 1)
  WHEN ${BROKEN_OFF} AND (NOT i.keep_person OR i.delete_events) THEN (
    SELECT CASE WHEN accepted > 0 THEN json_object('last_look_at', NULL, ${COUNTED[reader]}, 'not_checked', 0,
      'looked_for', CASE WHEN i.keep_person THEN NULL ELSE 0 END, 'accepted', accepted,
      'events', CASE WHEN i.keep_person THEN json_object('completed', 0, 'pending', 0, 'not_queued', 0, 'unknown', accepted) END) END
    FROM (SELECT ${ACCEPTED} AS accepted) LEFT JOIN looks ON looks.entry = i.entry) END`;
