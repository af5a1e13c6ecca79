/** Sends a deletion to PostHog once, by the one client of PostHog. */
import type { Keyring } from '../../authn/keyring.ts';
import type { Deletion } from '../../catalogue/deletion.ts';
import type { Generation } from '../../catalogue/generation.ts';
import { readConfig } from '../../config.ts';
import { failure } from '../../core/failure.ts';
import type { Json } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { FIRST_LOOK_MS } from './verify/plan.ts';
import { reservedClient, type PostHogClient } from '../../upstream/client.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import { deletionRequest } from '../../upstream/request.ts';
import type { CallTeller } from '../../upstream/share/told.ts';

/** PostHog, as the deletion log reaches it. */
export interface Upstream {
  /** Scheme, host and port. Each entry is meant for one of these; it is never shown. */
  readonly origin: string;
  readonly posthog: PostHogClient;
  /** The keys that distinct ids are remembered with. */
  readonly keyring: Keyring;
  readonly generation: Generation;
  /** What all tenants together may delete in any 24 hours; null where there is no fuse. */
  readonly fusePersonsPerDay: number | null;
  /** Must the fuse let deletions through? */
  readonly isFused: boolean;
  /** Milliseconds until persons whose deletion was accepted are looked for. */
  readonly firstLookMs: number;
  /** Milliseconds after which a call has ended one way or the other. */
  readonly timeoutMs: number;
}

/** PostHog as the environment describes it, or `not_configured` where the environment does not. `tell` hears of each call. */
export function upstreamOf(
  env: object,
  fetcher: typeof fetch,
  nowMs: () => number,
  tell: CallTeller,
): Result<Upstream> {
  const configured = readConfig(env);
  if (!configured.ok) return err(failure('not_configured', 'The gateway is not configured.'));
  const { upstream, generation, keyring, firstLookSeconds, fusePersonsPerDay } = configured.config;
  return ok({
    origin: upstream.origin,
    generation,
    fusePersonsPerDay,
    isFused: fusePersonsPerDay !== null,
    firstLookMs: firstLookSeconds === null ? FIRST_LOOK_MS[generation] : firstLookSeconds * 1000,
    keyring,
    posthog: reservedClient(upstream, fetcher, nowMs, tell),
    timeoutMs: upstream.slowTimeoutMs,
  });
}

/** A summary that names 1,000 persons with the step that failed is about 100 KB. */
const REPLY_BYTES_MAX = LIMITS.replyBufferBytes;

/** Every end of the call is an interpretation. A deletion of no persons is answered without PostHog. */
export async function sendDeletion(
  { posthog, generation }: Upstream,
  deletion: Deletion,
): Promise<Interpretation> {
  if (deletion.target.ids.length === 0) return emptyDeletionReply(generation);
  return posthog.ask(deletionRequest(deletion), REPLY_BYTES_MAX);
}

/** What PostHog answers to a bulk delete of ids it does not know, by generation, in PostHog's order of members. */
const NOTHING_FOUND = {
  A: undefined,
  B: {
    persons_found: 0,
    persons_deleted: 0,
    events_queued_for_deletion: false,
    recordings_queued_for_deletion: false,
    deletion_errors: [],
  },
  C: {
    persons_found: 0,
    persons_deleted: 0,
    persons_queued_for_deletion: 0,
    events_queued_for_deletion: false,
    recordings_queued_for_deletion: false,
    deletion_errors: [],
  },
} as const satisfies { readonly [G in Generation]: Json | undefined };

/** PostHog's summary, in its newest form, of a bulk delete that it has yet to carry out. */
export const queuedSummary = (persons: number) => ({
  ...NOTHING_FOUND.C,
  persons_found: persons,
  persons_queued_for_deletion: persons,
});

/** The answer to a deletion that is held: what PostHog answers, in its newest form, to one that it has yet to carry out. */
export function heldReply(
  { operation }: Pick<Deletion, 'operation'>,
  persons: number,
): Extract<Interpretation, { kind: 'success' }> {
  if (operation !== 'persons_bulk_delete') return { kind: 'success', status: 202, text: '', json: undefined };
  const json = queuedSummary(persons);
  return { kind: 'success', status: 202, text: JSON.stringify(json), json };
}

/**
 * PostHog's answer to ids it does not know, byte for byte. A sliced grant that named no person of its slice gets it
 * without PostHog being asked, and cannot tell foreign ids from unknown ones.
 */
export function emptyDeletionReply(generation: Generation): Extract<Interpretation, { kind: 'success' }> {
  const json: Json | undefined = NOTHING_FOUND[generation];
  return { kind: 'success', status: 202, text: json === undefined ? '' : JSON.stringify(json), json };
}
