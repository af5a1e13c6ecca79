/** Deletions in plain words. */
import type { Deletion } from '../../client/names.ts';
import type { Tone } from '../view/parts.tsx';
import { counted } from '../view/text.tsx';

export interface Words {
  readonly text: string;
  readonly tone: Tone;
  /** What that means, in a sentence. */
  readonly means: string;
}

/** The state of a deletion, as somebody reads it who has not read the manual. */
export function stateWords(entry: Deletion): Words {
  switch (entry.state) {
    case 'resolving':
      return {
        text: 'finding persons',
        tone: 'busy',
        means: 'Its persons are being found. Nothing was sent.',
      };
    case 'previewed':
      return {
        text: 'previewed',
        tone: 'plain',
        means: 'Its persons are known and shown. Nothing was sent; the tenant can confirm it.',
      };
    case 'held':
      return heldWords(entry);
    case 'sending':
      return entry.chunks.unknown > 0
        ? {
            text: 'unknown',
            tone: 'warning',
            means:
              'The answer to a call was lost or left open what was done. It is sent again with growing pauses.',
          }
        : { text: 'sending', tone: 'busy', means: 'PostHog is sent its calls, of a thousand persons each.' };
    case 'settling':
      return {
        text: 'settling',
        tone: 'busy',
        means: 'PostHog accepted everything. The persons are looked for until they are gone.',
      };
    case 'done':
      return { text: 'done', tone: 'good', means: 'What can be known of its end is known.' };
    case 'nobody':
      return {
        text: 'nobody',
        tone: 'plain',
        means: 'Its ids or its filter matched no person, and nothing was sent.',
      };
    case 'failed':
      return {
        text: 'failed',
        tone: 'bad',
        means: `It ended otherwise than asked for: ${entry.reason ?? 'no reason is known'}.`,
      };
    case 'cancelled':
      return { text: entry.reason ?? 'cancelled', tone: 'plain', means: 'Nothing was sent.' };
  }
}

function heldWords({ awaits_approval: awaits, reason, next_attempt_at: next }: Deletion): Words {
  if (awaits)
    return {
      text: 'needs approval',
      tone: 'warning',
      means: 'Nothing is sent until an operator approves it.',
    };
  if (reason === 'fuse')
    return {
      text: 'held by the fuse',
      tone: 'warning',
      means: 'The fuse over the deletions of all tenants has tripped. Nothing was sent.',
    };
  return {
    text: 'held',
    tone: 'plain',
    means:
      next === null
        ? 'Nothing was sent.'
        : 'It can be cancelled until its undo window has passed. Nothing was sent.',
  };
}

/** Has it ended for good? */
export const hasEnded = ({ state }: Deletion): boolean =>
  state === 'done' || state === 'nobody' || state === 'failed' || state === 'cancelled';

/** May it still be cancelled? The gateway has the last word. */
export const canCancel = ({ state, attempts }: Deletion): boolean =>
  state === 'held' ||
  state === 'resolving' ||
  state === 'previewed' ||
  (state === 'sending' && attempts === 0);

/** Who asked for it: the person or ticket behind the token, or else the token. */
export const askerOf = ({ actor, token_name: name, token }: Deletion): string => actor ?? name ?? token;

/** What happens to its persons once it is sent, a sentence each. */
export const consequences = ({
  asked,
  target,
  keep_person: keep,
  delete_events: events,
  delete_recordings: recordings,
}: Deletion): readonly string[] => [
  keep
    ? 'The profiles stay.'
    : `The profiles of ${target === 'distinct_ids' ? `the persons behind ${counted(asked, 'distinct id')}` : counted(asked, 'person')} are deleted, with all their distinct ids. That cannot be undone.`,
  events
    ? 'Their events are queued for deletion. PostHog deletes them in batches, which can take days.'
    : 'Their events stay.',
  recordings ? 'Their recordings are queued for deletion.' : 'Their recordings stay.',
];

/** What of the persons it deletes. */
export function whatOf({
  keep_person: keep,
  delete_events: events,
  delete_recordings: recordings,
}: Deletion): string {
  const parts = [
    ...(keep ? [] : ['profiles']),
    ...(events ? ['events'] : []),
    ...(recordings ? ['recordings'] : []),
  ];
  return parts.join(', ');
}
