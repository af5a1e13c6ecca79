import type { Generation, Settings } from './store/settings.ts';
import { bodyMembers } from './wire/body.ts';
import type { Message, Reply } from './wire/message.ts';
import type { Target } from './wire/target.ts';

/** One admitted request: what a handler is given. */
export interface Call {
  readonly sql: SqlStorage;
  readonly settings: Settings;
  readonly generation: Generation;
  /** The world's clock, in milliseconds. */
  readonly now: number;
  /** The project that is really asked, after `?token=` had its way (PostHog contract §3). */
  readonly projectId: number;
  /** False for the flat family, whose handlers get no URL arguments. */
  readonly nested: boolean;
  /** The person named in the path, as written there. */
  readonly id: string;
  readonly target: Target;
  readonly csv: boolean;
  readonly message: Message;
}

/** One endpoint's own part. */
export type Handler = (call: Call) => Reply;

/** The members of the JSON body, parsed on first use as upstream does. */
export function body(call: Call): Record<string, unknown> {
  return bodyMembers(call.message);
}

/** The one dictionary of the legacy filter: query parameters, then the JSON body over them, on a GET too (§6.1). */
export function merged(call: Call): Record<string, unknown> {
  return { ...Object.fromEntries(call.target.query), ...body(call) };
}
