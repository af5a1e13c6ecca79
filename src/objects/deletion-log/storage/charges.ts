/** What deletions spend, as the log has it. */

/** Milliseconds within which a selection is resolved and confirmed, or ends: seven days, one for its preview, one more. */
export const RESOLVED_WITHIN_MS = 9 * 86_400_000;

/**
 * Takes the first entry that can count, the first that can count as a selection, and the time after which charges count.
 * A selection is charged from when its persons were known, any other deletion from when it was written down.
 */
export const CHARGES = `
  SELECT i.entry, coalesce(c.at, i.entry / 1000) AS at, i.token, i.ancestors,
    coalesce(r.sent, i.asked) - coalesce((SELECT sum(persons) FROM releases WHERE entry = i.entry), 0) AS persons
  FROM intents i LEFT JOIN resolutions r ON r.entry = i.entry LEFT JOIN clock_readings c ON c.entry = i.entry
  WHERE i.entry >= ? AND NOT EXISTS (SELECT 1 FROM selections WHERE entry = i.entry)
  UNION ALL
  SELECT i.entry, h.at, i.token, i.ancestors,
    h.persons - coalesce((SELECT sum(persons) FROM releases WHERE entry = i.entry), 0) AS persons
  FROM charges h JOIN intents i ON i.entry = h.entry
  WHERE h.entry >= ? AND h.at > ?
  ORDER BY 1`;
