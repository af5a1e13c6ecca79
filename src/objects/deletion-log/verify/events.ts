/** What PostHog's list of event deletions says of a deletion. It lists those of the whole project, the newest first. */
import * as z from 'zod/mini';
import { failure, type Failure } from '../../../core/failure.ts';
import { PersonUuid, type ProjectId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { PostHogClient } from '../../../upstream/client.ts';

/** How many persons of a deletion have their events deleted, and how many do not. */
export interface EventCounts {
  readonly completed: number;
  readonly pending: number;
  /** PostHog lists no deletion of their events since the persons were sent: its queue takes a UUID only once. */
  readonly notQueued: number;
  /** Not seen, on a list that was longer than what is read of it. */
  readonly unknown: number;
}

const PAGE_ROWS = 1000;
/** Pages that are read beside those that the persons of the deletion fill themselves. */
const OTHER_PAGES_MAX = 10;
/** What PostHog's clock may stand behind the gateway's. */
const CLOCK_SKEW_MS = 5 * 60_000;

const instant = z.pipe(
  z.string(),
  z.transform((text) => Date.parse(text)),
);
const Page = lazily(() =>
  z.object({
    results: z.array(
      z.object({ person_uuid: PersonUuid, created_at: instant, status: z.enum(['pending', 'completed']) }),
    ),
    next: z._default(z.nullable(z.string()), null),
  }),
);

/** `sentAt` is when the deletion was first sent, in milliseconds since 1970. A row from before is of an earlier one. */
export async function countEvents(
  posthog: PostHogClient,
  projectId: ProjectId,
  persons: ReadonlySet<PersonUuid>,
  sentAt: number,
): Promise<Result<EventCounts>> {
  const seen = new Map<PersonUuid, 'pending' | 'completed'>();
  const pagesMax = OTHER_PAGES_MAX + Math.ceil(persons.size / PAGE_ROWS);
  let whole = false;
  for (let page = 0; page < pagesMax && !whole && seen.size < persons.size; page += 1) {
    const read = await readPage(posthog, projectId, page * PAGE_ROWS);
    if (!read.ok) return read;
    const { results, next } = read.value;
    const since = results.filter((row) => row.created_at >= sentAt - CLOCK_SKEW_MS);
    for (const row of since) if (persons.has(row.person_uuid)) seen.set(row.person_uuid, row.status);
    whole = next === null || since.length < results.length;
  }
  const pending = [...seen.values()].filter((status) => status === 'pending').length;
  const missing = persons.size - seen.size;
  return ok({
    completed: seen.size - pending,
    pending,
    notQueued: whole ? missing : 0,
    unknown: whole ? 0 : missing,
  });
}

async function readPage(
  posthog: PostHogClient,
  projectId: ProjectId,
  offset: number,
): Promise<Result<z.output<ReturnType<typeof Page>>>> {
  const answer = await posthog.ask({
    resource: 'persons',
    method: 'GET',
    projectId,
    segments: ['deletion_status'],
    query: [
      ['status', 'all'],
      ['limit', String(PAGE_ROWS)],
      ['offset', String(offset)],
    ],
    body: null,
    delivery: 'idempotent',
  });
  if (answer.kind === 'failure') return err(answer.failure);
  const page = answer.kind === 'success' ? Page().safeParse(answer.json) : null;
  return page?.success ? ok(page.data) : err(unreadable());
}

const unreadable = (): Failure =>
  failure('upstream_reply_invalid', 'PostHog answered a look at its event deletions with something else.');
