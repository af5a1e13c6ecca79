import { parseJson, type Properties } from '../json.ts';
import type { ChangeKind } from './changes.ts';

type ChangeRow = { at: number; kind: ChangeKind; key: string; value: string };

/**
 * A person's properties as they stood at a moment, put together from the changes (PostHog contract §8, 26). Values that
 * were only ever set once count when asked for.
 */
export function pastProperties(
  sql: SqlStorage,
  personId: number,
  at: number,
  withSetOnce: boolean,
): Properties {
  const past = new Map<string, unknown>();
  const changes = sql.exec<ChangeRow>(
    'SELECT at, kind, key, value FROM property_changes WHERE person_id = ? AND at <= ? ORDER BY at, id',
    personId,
    at,
  );
  for (const { kind, key, value } of changes.toArray()) {
    if (kind === 'unset') past.delete(key);
    else if (kind === 'set') past.set(key, parseJson(value));
    else if (withSetOnce && !past.has(key)) past.set(key, parseJson(value));
  }
  return Object.fromEntries(past);
}
