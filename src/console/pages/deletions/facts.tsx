/** Who asked for a deletion, for what, and how it ended. */
import type { Child } from 'hono/jsx';
import type { DeletionStatus } from '../../../client/names.ts';
import { whatOf } from '../../words/deletion.ts';
import { Section } from '../../view/parts.tsx';
import { At, count, Id, Name } from '../../view/text.tsx';

function Fact({ term, children }: { readonly term: string; readonly children: Child }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Facts({ entry, nowMs }: { readonly entry: DeletionStatus; readonly nowMs: number }) {
  return (
    <div class="columns">
      <Section title="Who asked for it" id="asked" live>
        <dl class="facts">
          <Fact term="For whom">
            {entry.actor === null ? <span class="muted">nobody named</span> : <Name>{entry.actor}</Name>}
          </Fact>
          <Fact term="Token">
            <Name>{entry.token_name ?? 'not known any more'}</Name>
            <span class="under">
              <Id>{entry.token}</Id>
            </span>
          </Fact>
          {entry.ancestors.map((id, at) => (
            <Fact term="Derived from">
              <Name>{entry.ancestor_names[at] ?? 'not known any more'}</Name>
              <span class="under">
                <Id>{id}</Id>
              </span>
            </Fact>
          ))}
          <Fact term="When">
            <At at={entry.intended_at} nowMs={nowMs} /> <span class="muted">UTC</span>
          </Fact>
          <Fact term="Request">
            <Id>{entry.request_id}</Id>
          </Fact>
          <Fact term="Deletes">{whatOf(entry)}</Fact>
          <Fact term="Project">{entry.project_id}</Fact>
          <Fact term="Entry">
            <Id>{entry.id}</Id>
          </Fact>
        </dl>
      </Section>
      <Outcome entry={entry} nowMs={nowMs} />
    </div>
  );
}

function Outcome({
  entry: { outcome, verification, attempts, reason },
  nowMs,
}: {
  readonly entry: DeletionStatus;
  readonly nowMs: number;
}) {
  const counts: readonly (readonly [string, number | null | undefined])[] = [
    ['Gone', verification?.gone],
    ['Still there', verification?.still_there],
    ['Reappeared', verification?.reappeared],
    ['Left the slice', verification?.left_slice],
    ['Not checked', verification?.not_checked],
    ['Not looked at', verification?.unknown],
    ['Events deleted', verification?.events_completed],
    ['Events pending', verification?.events_pending],
    ['PostHog found', outcome?.persons_found],
    ['PostHog deleted', outcome?.persons_deleted],
    ['PostHog queued', outcome?.persons_queued_for_deletion],
    ['Errors', outcome?.deletion_errors],
  ];
  return (
    <Section title="Outcome" id="outcome" live>
      <dl class="facts">
        {counts.map(([term, value]) =>
          value === null || value === undefined ? null : <Fact term={term}>{count(value)}</Fact>,
        )}
        <Fact term="Attempts">{count(attempts)}</Fact>
        {reason !== null && (
          <Fact term="Reason">
            <code>{reason}</code>
          </Fact>
        )}
        {outcome !== null && (
          <Fact term="Settled">
            <At at={outcome.settled_at} nowMs={nowMs} /> <span class="muted">UTC</span>
          </Fact>
        )}
      </dl>
    </Section>
  );
}
