/** Answers of PostHog's that several requests are answered with, as the gateway and the object of a project pass them on. */

/** A success of PostHog's, whole and without the key. */
export interface SharedAnswer {
  readonly status: number;
  /** Without parameters, in lower case. */
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Names one read that PostHog is asked, of one object of a project, from one start of that object to its end: no other ever has the same. */
export type Ticket = string;

/** What an isolate asks before it asks PostHog. */
export interface RecallAsk {
  /** The same text for the same read by grants that see the same, and for no other. */
  readonly question: string;
  /** Milliseconds that an answer may be old; 0 takes none that is remembered. */
  readonly ageMsMax: number;
  /** `join`: what another asks just now is good enough. `anew`: PostHog is to be asked again. */
  readonly whileAsked: 'join' | 'anew';
}

/** Who answers the read. `epoch` names the time between two changes of the project; no two have the same. */
export type Recalled =
  | {
      readonly kind: 'answer';
      readonly answer: SharedAnswer;
      /** How old it was when the object was asked; 0 where PostHog was asked later. */
      readonly ageMs: number;
      /** `asked`: PostHog was being asked when the object was. `remembered`: PostHog had answered before. */
      readonly from: 'asked' | 'remembered';
      readonly epoch: string;
    }
  /** Ask PostHog, and tell what it said under this ticket: others wait for it. */
  | { readonly kind: 'ask'; readonly ticket: Ticket; readonly epoch: string }
  /** Ask PostHog, and tell nobody: such an answer cannot be shared. */
  | { readonly kind: 'alone' };

/** `failed`: the next one who waits asks. `refused`: each asks for itself. `too_large`: so does who asks the same later. */
export type Abandonment = 'failed' | 'refused' | 'too_large';
