/** The types in which callers of a deletion log speak with it. */
export type { KeptPreview } from './resolving/previews.ts';
export type { Decision } from './job/decision.ts';
export type { Pace } from './pace/pace.ts';
export type { Actor } from './storage/jobs.ts';
export type { Refusal } from './audit/refusals.ts';
export type { LogFilter, LogPage } from './audit/search.ts';
export type { KeyedRequest } from './intents/keyed.ts';
export type * from './entry.ts';
