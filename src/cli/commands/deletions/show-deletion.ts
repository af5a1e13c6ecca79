/** A deletion, as people and programs are shown it. */
import type { Deletion, DeletionStatus } from '../../../client/index.ts';
import { outJson } from '../../output/json.ts';
import { facts } from '../../output/table.ts';
import type { Cli } from '../../session/session.ts';

export async function outDeletion({ terminal, options }: Cli, deletion: Deletion): Promise<void> {
  if (options().json === true) return outJson(terminal, deletion);
  return terminal.out(facts(factsOf(deletion), terminal.style));
}

type Fact = readonly [string, string | number | null];

function factsOf(deletion: Deletion): readonly Fact[] {
  const { chunks, verification } = deletion;
  return [
    ['deletion', deletion.id],
    ['state', deletion.reason === null ? deletion.state : `${deletion.state} (${deletion.reason})`],
    ['note', deletion.note],
    ['tenant', deletion.tenant],
    ['project', deletion.project_id],
    ['asked', `${countText(deletion.asked)} by ${deletion.target}, at ${deletion.intended_at}`],
    ['in the slice', deletion.in_slice],
    ['deleted along', alongText(deletion)],
    ['sent', `${countText(deletion.sent)} in ${chunks.accepted} of ${chunks.total} calls`],
    ['calls unknown', chunks.unknown === 0 ? null : chunks.unknown],
    ['last problem', deletion.last_problem],
    ['next attempt', deletion.next_attempt_at],
    ['gone', verification === null ? null : verification.gone],
    ['still there', verification === null ? null : verification.still_there],
    ['reappeared', verification === null ? null : verification.reappeared],
    ['token', deletion.token_name === null ? deletion.token : `${deletion.token} (${deletion.token_name})`],
    ['actor', deletion.actor],
    ['request id', deletion.request_id],
    ['digest', deletion.digest],
  ];
}

const alongText = ({
  delete_events: events,
  delete_recordings: recordings,
  keep_person: keep,
}: Deletion): string =>
  [
    ...(events ? ['events'] : []),
    ...(recordings ? ['recordings'] : []),
    ...(keep ? ['profile kept'] : []),
  ].join(', ');

const countText = (count: number): string => count.toLocaleString('en');

/** How far it is, in a line. */
export function progressText({
  state,
  chunks,
  sent,
  progress,
  verification,
  last_problem: problem,
}: DeletionStatus) {
  const left = progress.seconds_left;
  const parts = [
    ...(state === 'settling' && verification !== null
      ? [`${countText(verification.gone)} of ${countText(sent)} gone`]
      : [`${countText(progress.sent)} of ${countText(progress.in_slice ?? progress.asked)} sent`]),
    ...(progress.confirmed === null ? [] : [`${countText(progress.confirmed)} confirmed`]),
    ...(chunks.unknown === 0 ? [] : [`${chunks.unknown} calls unknown`]),
    ...(left === null || left === 0 ? [] : [`about ${left} s left`]),
    ...(problem === null || state === 'done' ? [] : [`waits: ${problem}`]),
  ];
  return parts.join(' · ');
}

/** The part of the work that is done, between 0 and 1. */
export function shareOf({ state, chunks, sent, verification }: DeletionStatus): number {
  switch (state) {
    case 'settling':
      return verification === null || sent === 0 ? 0 : verification.gone / sent;
    case 'done':
    case 'nobody':
      return 1;
    default:
      return chunks.total === 0 ? 0 : chunks.accepted / chunks.total;
  }
}
