/** What a look-up of persons needs, and what it finds. */
import type { Generation } from '../catalogue/generation.ts';
import type { ProjectId } from '../core/ids.ts';
import type { Json } from '../core/json.ts';
import type { Slice } from '../policy/slice.ts';
import type { PostHogClient } from '../upstream/client.ts';

/** Where persons are looked up, and how. */
export interface PersonLookup {
  readonly posthog: PostHogClient;
  readonly generation: Generation;
  readonly projectId: ProjectId;
  /** The conditions of the slice; generation A is searched by them. */
  readonly slices: readonly Slice[];
  /** Persons that are read one by one at most, where generation A shows them no other way. */
  readonly singleReadsMax: number;
}

/** A person, and by which of the ids it was found. */
export interface FoundPerson {
  readonly ids: readonly string[];
  readonly person: Json;
}
