/** What is known of a deletion, in the form of PostHog's answer to it: for a client that asks a second time. Pure. */
import { failure } from '../../../core/failure.ts';
import type { Json } from '../../../core/json.ts';
import { interpretStatus, type Interpretation } from '../../../upstream/interpret.ts';
import type { DeletionEntry } from '../entry.ts';
import { emptyDeletionReply, heldReply } from '../send.ts';
import { isEnd, isSuccess } from './job.ts';

/**
 * The answer that PostHog gave, as far as the log keeps it: the numbers, and the status of a refusal. A deletion that
 * it has yet to accept is answered as one that is held, and one that ended otherwise with `deletion_state_conflict`.
 */
export function replayOf(entry: DeletionEntry): Interpretation {
  const { state, reason, outcome, operation, sent } = entry;
  if (isAccepted(entry) && outcome !== null) return success(entry, outcome);
  if (!isEnd(state)) return heldReply({ operation }, sent);
  const status = outcome?.status ?? null;
  return reason === 'refused' && status !== null ? refusal(status) : endedOtherwise(entry);
}

/** PostHog accepted every chunk, and nothing speaks against its answer. */
export const isAccepted = ({ state, outcome }: Pick<DeletionEntry, 'state' | 'outcome'>): boolean =>
  outcome !== null && (state === 'settling' || isSuccess(state));

type Outcome = NonNullable<DeletionEntry['outcome']>;

function success({ generation, operation, sent }: DeletionEntry, outcome: Outcome): Interpretation {
  if (sent === 0 && generation !== null) return emptyDeletionReply(generation);
  const { persons_queued_for_deletion: queued, persons_found } = outcome;
  if (operation !== 'persons_bulk_delete' || persons_found === null) {
    return { kind: 'success', status: 202, text: '', json: undefined };
  }
  const json: Json = {
    persons_found,
    persons_deleted: outcome.persons_deleted,
    ...(queued === null ? {} : { persons_queued_for_deletion: queued }),
    events_queued_for_deletion: outcome.events_queued_for_deletion,
    recordings_queued_for_deletion: outcome.recordings_queued_for_deletion,
    deletion_errors: [],
  };
  return { kind: 'success', status: 202, text: JSON.stringify(json), json };
}

function refusal(status: number): Interpretation {
  const why =
    interpretStatus(status, null) ??
    (status === 403
      ? failure('upstream_key_refused', "PostHog did not let the gateway's key do this.")
      : null);
  if (why !== null) return { kind: 'failure', status, failure: why };
  const code = status === 404 ? 'not_found' : 'upstream_refused';
  const body = { type: 'invalid_request', code, attr: null, detail: 'PostHog refused the request.' };
  return { kind: 'refusal', status, body };
}

const endedOtherwise = ({ state, reason }: DeletionEntry): Interpretation => ({
  kind: 'failure',
  status: null,
  failure: failure(
    'deletion_state_conflict',
    `The deletion that this key stands for is ${state}${reason === null ? '' : ` (${reason})`}. To ask again, make a new key.`,
  ),
});
