/** Sends a deletion once, and reads what came back. */
import { deletionMessage, type Deletion } from '../../catalogue/deletion.ts';
import type { Generation } from '../../catalogue/generation.ts';
import { readConfig } from '../../config.ts';
import { failure } from '../../core/failure.ts';
import { isJsonObject } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { readText } from '../../upstream/body.ts';
import { openTransport, type Transport } from '../../upstream/transport.ts';
import { interpret, type Interpretation } from '../../upstream/interpret.ts';
import { scrubsOf, type Scrubs } from '../../upstream/scrub.ts';
import { nobodyFound } from './nobody.ts';
import type { Reply } from './settle.ts';

/** PostHog, as the deletion log reaches it. */
export interface Upstream {
  /** Scheme, host and port. Entries are meant for one of these; nobody is shown it. */
  readonly origin: string;
  readonly door: Transport;
  readonly scrubs: Scrubs;
  readonly generation: Generation;
  /** Milliseconds after which a call has ended one way or the other. */
  readonly timeoutMs: number;
}

/** PostHog as the environment describes it, or `not_configured` where the environment does not. */
export function upstreamOf(env: object, fetcher: typeof fetch): Result<Upstream> {
  const configured = readConfig(env);
  if (!configured.ok) return err(failure('not_configured', 'The gateway is not configured.'));
  const { upstream, generation } = configured.config;
  return ok({
    origin: upstream.origin,
    generation,
    door: openTransport(upstream, fetcher, Date.now),
    scrubs: scrubsOf(upstream),
    timeoutMs: upstream.slowTimeoutMs,
  });
}

/** A summary that names 1,000 failed persons is about 60 KB. */
const REPLY_BYTES_MAX = LIMITS.replyBufferBytes;

/**
 * Sends a deletion, if it is of anybody. Every end of the call is a reply; nothing of what PostHog echoes of the key is
 * in it.
 */
export async function sendDeletion(upstream: Upstream, deletion: Deletion): Promise<Reply> {
  if (deletion.target.ids.length === 0) return replyOfNobody(upstream);
  const answer = await upstream.door({
    ...deletionMessage(deletion),
    projectId: deletion.projectId,
    delivery: 'once',
  });
  if (!answer.ok) return replyOf(null, null, { kind: 'failure', status: null, failure: answer.failure });
  const { status, retryAfterSeconds } = answer.value;
  const read = await readText(answer.value, REPLY_BYTES_MAX);
  // Without its body a refusal is still a refusal. A success is not yet a success.
  if (!read.ok && status < 300) {
    return replyOf(status, retryAfterSeconds, { kind: 'failure', status, failure: read.failure });
  }
  const text = read.ok ? read.value : '';
  const meaning = interpret({ status, retryAfterSeconds, text }, upstream.scrubs);
  return replyOf(status, retryAfterSeconds, strict(meaning));
}

/** All three generations answer a deletion with nothing or with an object. Other JSON is somebody else's. */
function strict(meaning: Interpretation): Interpretation {
  if (meaning.kind !== 'success' || meaning.text === '' || isJsonObject(meaning.json)) return meaning;
  const detail = `PostHog answered ${meaning.status} with a body that is not its API's.`;
  return {
    kind: 'failure',
    status: meaning.status,
    failure: failure('upstream_reply_invalid', detail),
  };
}

/** What comes of a deletion that names nobody: there is nothing to ask PostHog, which would refuse an empty list. */
export function replyOfNobody({ generation }: Upstream): Reply {
  const interpretation = nobodyFound(generation);
  return replyOf(interpretation.status, null, interpretation);
}

const replyOf = (
  status: number | null,
  retryAfterSeconds: number | null,
  interpretation: Interpretation,
): Reply => ({
  status,
  retryAfterSeconds:
    retryAfterSeconds ??
    (interpretation.kind === 'failure' ? (interpretation.failure.retryAfterSeconds ?? null) : null),
  interpretation,
});
