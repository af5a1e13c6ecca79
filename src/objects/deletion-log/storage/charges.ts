/** What deletions spend, as the log has it. */

/** Of an entry `i.entry`, without what was given back. */
const PERSONS = `coalesce(h.persons, r.sent, i.asked)
    - coalesce((SELECT sum(persons) FROM releases WHERE entry = i.entry), 0) AS persons`;
const PARTS = 'LEFT JOIN resolutions r ON r.entry = i.entry LEFT JOIN charges h ON h.entry = i.entry';
/** A deletion whose persons have to be found spends nothing before they are. */
const SPENDS = '(h.entry IS NOT NULL OR NOT EXISTS (SELECT 1 FROM selections WHERE entry = i.entry))';

/**
 * Takes the first entry that can count, and the time after which charges count. A deletion counts without an end until all
 * of it was sent, and from then on for a day: from when PostHog had accepted it, or from when it ended otherwise. The
 * joins and the signs make SQLite go by the indexes of these times, and not through the whole log.
 */
export const CHARGES = `
  SELECT i.entry, NULL AS at, i.token, i.ancestors, ${PERSONS}
  FROM open o CROSS JOIN intents i ON i.entry = o.entry ${PARTS}
  WHERE o.entry >= ?1 AND ${SPENDS} AND NOT EXISTS (SELECT 1 FROM outcomes WHERE entry = o.entry)
  UNION ALL
  SELECT i.entry, e.settled_at, i.token, i.ancestors, ${PERSONS}
  FROM outcomes e CROSS JOIN intents i ON i.entry = e.entry ${PARTS}
  WHERE e.settled_at > ?2 AND +e.entry >= ?1 AND ${SPENDS}
  UNION ALL
  SELECT i.entry, t.at, i.token, i.ancestors, ${PERSONS}
  FROM transitions t CROSS JOIN intents i ON i.entry = t.entry ${PARTS}
  WHERE t.event IN ('refused', 'undecided', 'given_up', 'abandoned') AND t.at > ?2 AND +t.entry >= ?1
    AND NOT EXISTS (SELECT 1 FROM outcomes WHERE entry = t.entry)`;
