/** Erasing persons: the one thing that cannot be taken back, so it has a type of its own and goes through the log. */
import * as z from 'zod/mini';
import type { PersonRef, PersonUuid, ProjectId } from '../core/ids.ts';
import type { Json } from '../core/json.ts';

/** The operations of the catalogue that erase something. */
export const DELETING = [
  'persons_bulk_delete',
  'persons_destroy',
  'persons_delete_events',
  'persons_delete_recordings',
] as const;
export const DeletingOperation = z.enum(DELETING);
export type DeletingOperation = z.output<typeof DeletingOperation>;

/**
 * Whom a deletion names. `person` is one person by number or UUID. The lists are as the client gave them; a list of a
 * sliced grant that is about to be sent holds the persons of its slice, which may be none.
 */
export type DeletionTarget =
  | { readonly kind: 'uuids'; readonly ids: readonly PersonUuid[] }
  | { readonly kind: 'distinct_ids'; readonly ids: readonly string[] }
  | { readonly kind: 'person'; readonly ids: readonly [PersonRef] };

/** Real booleans: PostHog takes any truthy value, and on single deletes mere presence (PostHog contract §8, 2 and 13). */
export interface DeletionFlags {
  readonly delete_events: boolean;
  readonly delete_recordings: boolean;
  readonly keep_person: boolean;
}

export interface Deletion {
  readonly operation: DeletingOperation;
  readonly projectId: ProjectId;
  readonly target: DeletionTarget;
  readonly flags: DeletionFlags;
}

/** Do profiles go, and not only what belongs to them? */
export const removesProfiles = ({ operation, target, flags }: Deletion): boolean => {
  switch (operation) {
    case 'persons_bulk_delete':
    case 'persons_destroy':
      return target.ids.length > 0 && !flags.keep_person;
    case 'persons_delete_events':
    case 'persons_delete_recordings':
      return false;
  }
};

/** Where a deletion goes below `persons/`, and what it carries. */
export interface DeletionMessage {
  readonly method: 'POST' | 'DELETE';
  readonly segments: readonly string[];
  readonly query: readonly (readonly [string, string])[];
  readonly body: Json;
}

/**
 * What PostHog is sent for a deletion: the first time, and every time the log sends it again.
 * Flags that are off are left out, because on single deletes PostHog reads their presence as yes.
 */
export function deletionMessage(deletion: Deletion): DeletionMessage {
  const { operation, target, flags } = deletion;
  const on = Object.entries(flags).filter(([, value]: [string, boolean]) => value);
  switch (operation) {
    case 'persons_bulk_delete':
      return {
        method: 'POST',
        segments: ['bulk_delete'],
        query: [],
        body: {
          ...(target.kind === 'distinct_ids' ? { distinct_ids: target.ids } : { ids: target.ids }),
          ...Object.fromEntries(on),
        },
      };
    case 'persons_destroy':
      return {
        method: 'DELETE',
        segments: target.ids,
        query: on.map(([name]) => [name, 'true']),
        body: null,
      };
    case 'persons_delete_events':
      return { method: 'POST', segments: [...target.ids, 'delete_events'], query: [], body: null };
    case 'persons_delete_recordings':
      return { method: 'POST', segments: [...target.ids, 'delete_recordings'], query: [], body: null };
  }
}
