import { failure, type Failure } from '../core/failure.ts';
import type { Grant } from './grant.ts';

/** What a call asks about, beyond what it answers with. */
export interface Mentions {
  /** Person properties, by name. */
  readonly properties: readonly string[];
  /** A free text, which PostHog looks for in e-mail, name and distinct ids. */
  readonly search: boolean;
  readonly distinctIds: boolean;
  /** Something the gateway cannot see into: it may ask about anything. */
  readonly anything: boolean;
}

/** What validated arguments mention. */
export function mentionsOf(_input: unknown): Mentions {
  return { properties: [], search: true, distinctIds: true, anything: true };
}

/** Names of the properties that the arguments of a write set or remove. */
export function writesOf(_input: unknown): readonly string[] {
  return [];
}

/** Refuses a call that asks about what the grant hides: a count is an answer too. */
export function refuseHidden(mentions: Mentions, _grant: Grant): Failure | null {
  return mentions.anything ? failure('property_hidden', 'Not yet.') : null;
}

/** Refuses to change what a slice is made of. */
export function refuseSliceWrite(_properties: readonly string[], _grant: Grant): Failure | null {
  return null;
}
