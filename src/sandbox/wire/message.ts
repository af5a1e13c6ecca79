/**
 * What crosses from the Worker's entry into the world and back, as plain data: the world decides, the entry speaks HTTP.
 * The URL is kept exactly as it was received, because the raw bytes of path and query are what the gateway's tests ask about.
 */

/** One HTTP request as it arrived. */
export interface Message {
  readonly method: string;
  /** Scheme, host and the unresolved request target. */
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** How the entry must spoil an answer on the wire. */
export type Spoil =
  /** Headers and the first half of the body, then the connection breaks. */
  | { readonly how: 'hang_up' }
  /** Nothing: the connection breaks before the first byte of the answer. */
  | { readonly how: 'lost_reply' }
  /** A well-formed JSON page of about this many bytes in place of the body. */
  | { readonly how: 'huge'; readonly bytes: number };

/** One HTTP answer, before the entry puts it on the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Null where upstream sends no body at all. */
  readonly body: string | null;
  readonly spoil?: Spoil;
}

/** What a handler says; how it is written down (JSON or CSV) is decided elsewhere. */
export interface Reply {
  readonly status: number;
  /** Left out: an empty body. */
  readonly data?: unknown;
  readonly headers?: Record<string, string>;
}

/** A 200 with a body. */
export function ok(data: unknown): Reply {
  return { status: 200, data };
}

/** The empty 202 of everything that is carried out later (PostHog contract §1). */
export function accepted(): Reply {
  return { status: 202 };
}
