/** What an operator can decide about a deletion, where its state allows it. */
import type { Deletion } from '../../../client/names.ts';
import { LIMITS } from '../../../core/limits.ts';
import { canCancel, consequences } from '../../words/deletion.ts';
import { Section } from '../../view/parts.tsx';

const DECISIONS = ['approve', 'reject', 'cancel', 'abandon'] as const;
export type Decision = (typeof DECISIONS)[number];

export const isDecision = (text: string): text is Decision => DECISIONS.some((decision) => decision === text);

/** The log keeps why something was not done that somebody had asked for. */
export const needsReason = (decision: Decision): decision is 'reject' | 'abandon' =>
  decision === 'reject' || decision === 'abandon';

const WORDS: Readonly<
  Record<Decision, { readonly text: string; readonly means: string; readonly tone: string }>
> = {
  approve: {
    text: 'Approve',
    means: 'It is sent to PostHog, once its undo window has passed.',
    tone: 'primary',
  },
  reject: { text: 'Reject', means: 'Nothing of it is ever sent. A reason is needed.', tone: 'danger' },
  cancel: { text: 'Cancel it', means: 'Nothing of it is ever sent.', tone: 'danger' },
  abandon: {
    text: 'Abandon',
    means: 'It is not sent again; what was sent may have been done. A reason is needed.',
    tone: 'danger',
  },
};

function possible(entry: Deletion): readonly Decision[] {
  if (entry.awaits_approval) return ['approve', 'reject'];
  if (canCancel(entry)) return ['cancel'];
  return entry.state === 'sending' ? ['abandon'] : [];
}

export function Decisions({ entry, here }: { readonly entry: Deletion; readonly here: string }) {
  const decisions = possible(entry);
  if (decisions.length === 0) return <div id="decide" data-live=""></div>;
  return (
    <Section title="Decide" id="decide" live>
      {entry.awaits_approval && (
        <ul class="plain consequences" aria-label="What approving it does">
          {consequences(entry).map((sentence) => (
            <li>{sentence}</li>
          ))}
        </ul>
      )}
      <form method="post" action={`${here}/decide`} class="stack">
        <div class="field">
          <label for="reason">Reason</label>
          <input
            id="reason"
            name="reason"
            maxlength={LIMITS.reasonCharsMax}
            dir="auto"
            autocomplete="off"
            aria-describedby="reason-help"
          />
          <p class="help" id="reason-help">
            {decisions.map((decision) => `${WORDS[decision].text}: ${WORDS[decision].means}`).join(' ')} The
            log keeps the reason.
          </p>
        </div>
        <div class="actions">
          {decisions.map((decision) => (
            <button name="decision" value={decision} class={WORDS[decision].tone}>
              {WORDS[decision].text}
            </button>
          ))}
        </div>
      </form>
    </Section>
  );
}
