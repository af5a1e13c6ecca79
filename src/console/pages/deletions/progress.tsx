/** How far a deletion has come. */
import type { DeletionStatus } from '../../../client/names.ts';
import { hasEnded, stateWords } from '../../words/deletion.ts';
import { State } from '../overview/open-deletions.tsx';
import { Meter } from '../../view/chart.tsx';
import { Section } from '../../view/parts.tsx';
import { Ago, count, counted, span } from '../../view/text.tsx';

export function Progress({ entry, nowMs }: { readonly entry: DeletionStatus; readonly nowMs: number }) {
  const { progress, chunks, verification, next_attempt_at: next, last_problem: problem, note } = entry;
  const { means } = stateWords(entry);
  const steps: readonly (readonly [string, number | null | undefined])[] = [
    ['Asked for', progress.asked],
    ['In the slice', progress.in_slice],
    ['Sent', progress.sent],
    ['Confirmed', progress.confirmed],
    ['Gone', verification?.gone],
    ['Failed', progress.failed],
  ];
  const of = Math.max(1, entry.sent > 0 ? entry.sent : progress.asked);
  return (
    <Section
      title="Progress"
      id="progress"
      aside={hasEnded(entry) ? undefined : <span class="muted">as it happens</span>}
      live
    >
      <div class="state-line" role="status">
        <State entry={entry} />
        <span>{means}</span>
      </div>
      <div class="progress">
        <Meter
          value={progress.sent}
          of={of}
          isProgress
          says={`${counted(progress.sent, 'id')} of ${count(of)} sent`}
        />
      </div>
      <dl class="steps">
        {steps.map(([text, value]) =>
          value === null || value === undefined ? null : (
            <div class="step">
              <dt>{text}</dt>
              <dd>{count(value)}</dd>
            </div>
          ),
        )}
        <div class="step">
          <dt>Calls</dt>
          <dd>
            {count(chunks.accepted)} <span class="muted">of {count(chunks.total)}</span>
          </dd>
        </div>
      </dl>
      <p class="muted">
        {progress.persons_per_minute !== null && !hasEnded(entry) && (
          <>{counted(progress.persons_per_minute, 'person')} a minute. </>
        )}
        {progress.seconds_left !== null && progress.seconds_left > 0 && (
          <>About {span(progress.seconds_left)} left. </>
        )}
        {next !== null && !hasEnded(entry) && !entry.awaits_approval && (
          <>
            Looked at again <Ago at={next} nowMs={nowMs} />.{' '}
          </>
        )}
        {problem !== null && (
          <>
            Last problem: <code>{problem}</code>.{' '}
          </>
        )}
        {note !== null && <bdi>{note}</bdi>}
      </p>
    </Section>
  );
}
