/** What deletions spend, as the log has it. */

const PERSONS = `coalesce(h.persons, r.sent, i.asked)
    - coalesce((SELECT sum(persons) FROM releases WHERE entry = i.entry), 0) AS persons`;
const PARTS = 'LEFT JOIN resolutions r ON r.entry = i.entry LEFT JOIN charges h ON h.entry = i.entry';

/**
 * Takes the first entry that can count by its own time, the first that can count at all, and the time after which charges
 * count. A deletion is charged from when it was written down; one that was held, as each is whose persons had to be found,
 * from when it was released. Until then it counts without an end.
 */
export const CHARGES = `
  SELECT i.entry, coalesce(c.at, i.entry / 1000) AS at, i.token, i.ancestors, ${PERSONS}
  FROM intents i LEFT JOIN jobs j ON j.entry = i.entry LEFT JOIN clock_readings c ON c.entry = i.entry ${PARTS}
  WHERE i.entry >= ?1 AND j.began IS NOT 'held' AND NOT EXISTS (SELECT 1 FROM selections WHERE entry = i.entry)
  UNION ALL
  SELECT i.entry, t.at, i.token, i.ancestors, ${PERSONS}
  FROM transitions t JOIN intents i ON i.entry = t.entry ${PARTS}
  WHERE t.event = 'released' AND t.at > ?3 AND t.entry >= ?2
  UNION ALL
  SELECT i.entry, NULL, i.token, i.ancestors, ${PERSONS}
  FROM open o JOIN intents i ON i.entry = o.entry JOIN jobs j ON j.entry = o.entry ${PARTS}
  WHERE o.entry >= ?2 AND j.began = 'held'
    AND NOT EXISTS (SELECT 1 FROM transitions WHERE entry = o.entry AND event = 'released')
  ORDER BY 1`;
