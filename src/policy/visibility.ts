/** What of a person a grant shows. Hidden are properties by name, and distinct ids. */
import type { Grant } from './grant.ts';

/** Made once for a call, asked for every row. */
export interface Visibility {
  readonly showsProperty: (name: string) => boolean;
  readonly showsDistinctIds: boolean;
  /** Nothing is hidden: answers pass as they are. */
  readonly showsEverything: boolean;
}

/** `hidden` wins over `visible`; with `visible` given, what it does not name stays hidden, tomorrow's properties too. */
export function visibilityOf({
  hidden,
  visible,
  distinct_ids_hidden: distinctIdsHidden,
}: Pick<Grant, 'hidden' | 'visible' | 'distinct_ids_hidden'>): Visibility {
  const never = new Set(hidden);
  const only = visible === null ? null : new Set(visible);
  return {
    showsProperty: (name) => !never.has(name) && (only === null || only.has(name)),
    showsDistinctIds: !distinctIdsHidden,
    showsEverything: never.size === 0 && only === null && !distinctIdsHidden,
  };
}
