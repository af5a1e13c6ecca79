import * as z from 'zod/mini';

/**
 * What a token may be allowed to do. PostHog's names where they exist; its `person:write` is split into its parts,
 * because a partner that may correct a property should not thereby be able to erase people.
 */
export const ScopeName = z.enum([
  'person:read',
  'person:update',
  'person:split',
  'person:delete',
  'person:reset_distinct_id',
  'cohort:read',
  'activity_log:read',
  'insight:read',
  'deletion_log:read',
  'origin:write',
]);
export type Scope = z.output<typeof ScopeName>;

/** What each scope opens, for the documentation. */
export const SCOPE_TEXTS: Readonly<Record<Scope, string>> = {
  'person:read': 'Read persons: list, retrieve, batch look-ups, property values, deletion status',
  'person:update': 'Set, change and remove person properties',
  'person:split': 'Split a merged person',
  'person:delete': 'Delete persons; opens what `deletion_log:read` opens, too',
  'person:reset_distinct_id': 'Make the distinct id of a deleted person usable again',
  'cohort:read': 'Read which cohorts a person is in (together with person:read)',
  'activity_log:read': 'Read what was done to persons, and by whom',
  'insight:read':
    'Read the persons behind funnels, correlations, lifecycle, stickiness, trends and timelines',
  'deletion_log:read': "Read the tenant's deletion log, and delete nothing",
  'origin:write':
    'Add web origins of the tenant, as far as its record allows: for its own backend, never for a page',
};

/** Scopes that open what another one opens: a token that may delete may read the log of deletions. */
const INCLUDED_IN: Partial<Readonly<Record<Scope, Scope>>> = { 'deletion_log:read': 'person:delete' };

/** Does a grant of these scopes open what this one opens? */
export function holdsScope(scopes: readonly Scope[], scope: Scope): boolean {
  const wider = INCLUDED_IN[scope];
  return scopes.includes(scope) || (wider !== undefined && scopes.includes(wider));
}

/** PostHog's one scope for every write. Accepted when granting, stored as its parts. */
export const PERSON_WRITE = 'person:write' as const;

const PERSON_WRITE_PARTS: readonly Scope[] = [
  'person:update',
  'person:split',
  'person:delete',
  'person:reset_distinct_id',
];

/** Are these all that PostHog's one scope for every write stands for? */
export const writesEverything = (scopes: readonly Scope[]): boolean =>
  PERSON_WRITE_PARTS.every((part) => scopes.includes(part));

/** Scopes as an operator or partner writes them: no wildcards, `person:write` expanded, each once, in one order. */
export const ScopeList = z.pipe(
  z
    .array(z.enum([...ScopeName.options, PERSON_WRITE]))
    .check(z.minLength(1), z.maxLength(ScopeName.options.length + 1)),
  z.transform((names): Scope[] => {
    const asked = new Set<string>(
      names.flatMap((name) => (name === PERSON_WRITE ? PERSON_WRITE_PARTS : [name])),
    );
    return ScopeName.options.filter((scope) => asked.has(scope));
  }),
);
