/** Open entries of the deletion logs, the fuse, and what the newest deletions say of PostHog's generation. */
import type { components, Deletion, Hedgerow } from '../../../client/index.ts';
import { pagesOf } from '../../output/pages.ts';
import type { Finding } from './finding.ts';

type Generation = components['schemas']['UpstreamCheck']['generation']['configured'];
type State = Deletion['state'];

/** An entry that is not sent to its end by then is worth a look. */
const LONG_MS = 3_600_000;
const ENTRIES_MAX = 1000;
/** Newest deletions among which one is looked for that says how PostHog answers. */
const NEWEST = 50;

export async function logFindings(hedgerow: Hedgerow, configured: Generation): Promise<readonly Finding[]> {
  const inState = (state: State, most: number): Promise<readonly Deletion[]> =>
    pagesOf(
      async (page) =>
        (await hedgerow.GET('/admin/v1/deletions', { params: { query: { ...page, state } } })).data,
      most,
    );
  const [held, sending, settling, answered, { data: fuse }] = await Promise.all([
    inState('held', ENTRIES_MAX),
    inState('sending', ENTRIES_MAX),
    inState('settling', ENTRIES_MAX),
    inState('done', NEWEST),
    hedgerow.GET('/admin/v1/fuse'),
  ]);
  return [
    openFinding(held, sending, settling),
    unknownFinding(sending, Date.now()),
    fuseFinding(fuse),
    ...generationFindings(answered, configured),
  ];
}

function openFinding(
  held: readonly Deletion[],
  sending: readonly Deletion[],
  settling: readonly Deletion[],
): Finding {
  const count = held.length + sending.length + settling.length;
  const more = count >= ENTRIES_MAX ? ' or more' : '';
  return {
    area: 'deletions',
    name: 'open',
    good: true,
    says:
      count === 0
        ? 'None is open.'
        : `${held.length} are held, ${sending.length} are being sent, ${settling.length} are being looked after${more}. ` +
          'Held ones wait for their undo window, the fuse, or an approval: `hedgerow deletions list --state held`.',
  };
}

/** Those whose end PostHog has not told, for longer than an outage lasts that mends itself. */
function unknownFinding(sending: readonly Deletion[], nowMs: number): Finding {
  const stuck = sending.filter(({ intended_at: at, last_problem: problem }) => {
    return problem !== null && nowMs - Date.parse(at) > LONG_MS;
  });
  const [first] = stuck;
  return {
    area: 'deletions',
    name: 'unknown',
    good: first === undefined,
    says:
      first === undefined
        ? 'None has been without an end for more than an hour.'
        : `${stuck.length} are without an end for more than an hour, ${first.id} of ${first.tenant} among them (${first.last_problem ?? ''}). They are tried ` +
          'for seven days; where it is known that nothing comes of one: `hedgerow deletions abandon`.',
  };
}

function fuseFinding({ persons_per_day: size, remaining, tripped }: components['schemas']['Fuse']): Finding {
  const name = 'fuse';
  if (size === null)
    return {
      area: 'deletions',
      name,
      good: true,
      says: 'There is none: DELETE_FUSE_PERSONS_PER_DAY would hold what is far more than usual.',
    };
  if (tripped === null)
    return {
      area: 'deletions',
      name,
      good: true,
      says: `${remaining ?? 0} of ${size} persons are left for today.`,
    };
  return {
    area: 'deletions',
    name,
    good: false,
    says:
      `It has tripped since ${tripped.since}, by ${tripped.deletion} of ${tripped.tenant} with ${tripped.persons} persons: deletions of all tenants are held. ` +
      'Find out whether it was meant, and then POST /admin/v1/fuse/reset.',
  };
}

/** Only a bulk delete tells B and C apart, so those that were done say it. */
function generationFindings(done: readonly Deletion[], configured: Generation): readonly Finding[] {
  const told = done.find(({ operation, outcome }) => {
    return operation === 'persons_bulk_delete' && (outcome?.persons_found ?? null) !== null;
  });
  const isQueued = (told?.outcome?.persons_queued_for_deletion ?? null) !== null;
  if (told === undefined || !isQueued) return [];
  const good = configured === 'C';
  return [
    {
      area: 'deletions',
      name: 'generation',
      good,
      says: good
        ? 'The newest bulk delete was answered as generation C answers.'
        : `The newest bulk delete (${told.id}) was answered as generation C answers, and POSTHOG_GENERATION says ${configured}. Set it to C.`,
    },
  ];
}
