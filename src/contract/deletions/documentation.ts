/** What the routes of the deletion log are for, and what they answer. */
import * as z from 'zod/mini';
import { EXAMPLE_UUID } from '../../catalogue/replies.ts';
import { LIMITS } from '../../core/limits.ts';
import { DeletionDetail, DeletionEntry, DeletionStatus } from '../deletion.ts';
import { CreatedDeletion, DeletionPreview } from '../preview.ts';
import { FuseStatus } from './fuse.ts';
import { IdsPage } from './ids.ts';
import { RefusedDeletion } from './refusal.ts';
import type { DELETION_ROUTES } from './routes.ts';
import { pageOf } from '../listing.ts';
import type { RouteDocumentation } from '../route-documentation.ts';

const WATCHING =
  'Server-sent events. Each event `state` holds the entry and its progress, whenever they have changed; `end` is the last ' +
  'and is answered with 204 to a client that comes back with its id. `reconnect` ends a stream after five minutes, and ' +
  '`problem` says why nothing more is shown.';

const SEARCHING =
  'All conditions must hold. A page may hold fewer rows than `limit`, and even none, while `next` leads on.';

const REFUSED = `By the rules of a grant, a budget or a slice. ${LIMITS.refusalsPerDayMax} of a day are kept, without ids.`;

const REASON = { reason: 'asked for twice' };

export const DELETION_DOCUMENTATION = {
  list_deletions: {
    summary: "List the tenant's deletion log",
    description: `Newest first, unless \`order\` says otherwise. ${SEARCHING}`,
    reply: pageOf(DeletionEntry()),
  },
  list_refused_deletions: {
    summary: 'List deletions of the tenant that the gateway refused',
    description: REFUSED,
    reply: pageOf(RefusedDeletion()),
  },
  create_deletion: {
    summary: 'Delete up to 100,000 persons',
    description:
      'By UUID (`ids`), by distinct id, or by a filter, under the rules of the bulk delete of the mirror. It is written ' +
      'down and answered at once, and sent to PostHog afterwards, 1,000 persons a call; `Location` is where its state is ' +
      'read. Unknown ids are ignored. With `preview=true`, which needs `person:read` as a filter does, the persons are ' +
      'found and shown, and nothing is sent until the digest of the preview is confirmed.',
    reply: CreatedDeletion(),
    example: { ids: [EXAMPLE_UUID] },
  },
  get_deletion: { summary: 'Read one entry of the log, with its ids', reply: DeletionDetail() },
  watch_deletion: {
    summary: 'Watch a deletion until it ends',
    description: WATCHING,
    reply: null,
    events: DeletionStatus(),
  },
  list_deletion_ids: {
    summary: 'List the ids of a deletion',
    description: 'As they were asked for, at most a thousand a page.',
    reply: IdsPage(),
  },
  get_deletion_preview: {
    summary: 'See what a deletion that is previewed would do',
    description: '409 where it is not previewed, or not yet.',
    reply: DeletionPreview(),
  },
  confirm_deletion: {
    summary: 'Carry out what was previewed',
    description:
      'Only the persons that were shown: they are found again first, and where they are others, or the digest is of ' +
      'another preview, it is 409 `deletion_preview_changed` and nothing is sent.',
    reply: DeletionEntry(),
    example: { digest: `sha256:${'0'.repeat(64)}` },
  },
  cancel_deletion: {
    summary: 'Cancel a deletion of which nothing was sent yet',
    description: '409 where something was sent, with how much PostHog accepted.',
    reply: DeletionEntry(),
    example: REASON,
  },

  admin_list_deletions: {
    summary: 'List the deletion log of a tenant',
    description: `Newest first, unless \`order\` says otherwise; also of a tenant that was removed. ${SEARCHING}`,
    reply: pageOf(DeletionEntry()),
  },
  admin_list_all_deletions: {
    summary: 'List the deletion logs of all tenants',
    description: `One log after another, by the tenants' names; also of tenants that were removed. ${SEARCHING}`,
    reply: pageOf(DeletionEntry()),
  },
  admin_list_refused_deletions: {
    summary: 'List deletions of a tenant that the gateway refused',
    description: `${REFUSED} \`left_out\` counts the others, by day (UTC).`,
    reply: z.extend(pageOf(RefusedDeletion()), {
      left_out: z.array(z.object({ day: z.iso.date(), count: z.int() })),
    }),
  },
  admin_get_deletion: { summary: 'Read one entry of the log of a tenant', reply: DeletionDetail() },
  admin_watch_deletion: {
    summary: 'Watch a deletion of a tenant until it ends',
    description: WATCHING,
    reply: null,
    events: DeletionStatus(),
  },
  admin_get_deletion_preview: {
    summary: 'See what a deletion of a tenant that is previewed would do',
    description:
      '409 where the deletion is not previewed, or its preview is not ready. Only the tenant can confirm a preview.',
    reply: DeletionPreview(),
  },
  admin_list_deletion_ids: {
    summary: 'List the ids of a deletion of a tenant',
    description: 'As they were asked for, at most a thousand a page.',
    reply: IdsPage(),
  },
  admin_cancel_deletion: {
    summary: 'Cancel a deletion of a tenant of which nothing was sent yet',
    description: '409 where something was sent, with how much PostHog accepted.',
    reply: DeletionEntry(),
    example: REASON,
  },
  admin_approve_deletion: {
    summary: 'Approve a deletion that waits for it',
    description:
      'It is sent then, once its undo window has passed. 409 where it does not wait for an approval.',
    reply: DeletionEntry(),
    example: { reason: 'checked with Acme' },
  },
  admin_reject_deletion: {
    summary: 'Reject a deletion that waits for an approval',
    description: 'Nothing of it is ever sent. 409 where it does not wait for an approval.',
    reply: DeletionEntry(),
    example: REASON,
  },
  admin_abandon_deletion: {
    summary: 'Give up a deletion whose end PostHog does not tell',
    description:
      'It is not sent again and ends as failed; what was sent of it may have been done. 409 where it is not being sent.',
    reply: DeletionEntry(),
    example: { reason: 'PostHog says that it lost the request' },
  },
  admin_get_fuse: {
    summary: 'See the fuse over the deletions of all tenants',
    description:
      'What is left of `DELETE_FUSE_PERSONS_PER_DAY`, and since when and by which deletion it has tripped.',
    reply: FuseStatus(),
  },
  admin_reset_fuse: {
    summary: 'Put a new fuse in, and let the deletions go on that the tripped one holds',
    description:
      'They go on by themselves within half a minute, five a second of each tenant; undo windows and approvals hold as before. What was deleted until ' +
      'then counts no more. Where the fuse has not tripped, nothing changes.',
    reply: FuseStatus(),
    example: { reason: 'a clean-up that was agreed on' },
  },
} as const satisfies Readonly<Record<keyof typeof DELETION_ROUTES, RouteDocumentation>>;
