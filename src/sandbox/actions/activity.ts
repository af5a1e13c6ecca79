import type { Call } from '../call.ts';
import { activities, type Activity } from '../store/activity.ts';
import { absoluteLink } from '../wire/links.ts';
import { ok, type Reply } from '../wire/message.ts';
import { int, iso } from '../wire/python.ts';
import { personInPath } from './find.ts';

/** GET /activity/ and GET /:id/activity/ (PostHog contract §7, §8 items 1 and 19). */

const PAGED_BY = { offset: 'page', limit: 'limit' };

/** Every change of the sandbox is made by the keys' owner, whose e-mail address upstream shows to everybody who may read. */
const OWNER = { first_name: 'Sam', email: 'sam@corp.test' };
const SYSTEM = { first_name: '', email: null, is_system: true };

function written(entry: Activity): unknown {
  return {
    id: `0190c0de-00ac-7000-8000-${String(entry.id).padStart(12, '0')}`,
    user: entry.bySystem === true ? SYSTEM : OWNER,
    activity: entry.activity,
    scope: 'Person',
    item_id: entry.itemId,
    detail: { changes: entry.changes, trigger: null, type: null, name: entry.name, short_id: null },
    created_at: iso(entry.at),
  };
}

/** Pages by number, not by offset; a word in a number's place is an unhandled exception. */
function page(call: Call, entries: readonly Activity[]): Reply {
  const limit = int(call.target.query.get('limit'), 10);
  const number = int(call.target.query.get('page'), 1);
  const link = (to: number): string => absoluteLink(call.target, to, limit, PAGED_BY);
  return ok({
    results: entries.slice((number - 1) * limit, number * limit).map(written),
    next: entries.length > number * limit ? link(number + 1) : null,
    previous: number > 1 ? link(number - 1) : null,
    total_count: entries.length,
  });
}

/** The whole project's activity; there is no filter of any kind. */
export function projectActivity(call: Call): Reply {
  return page(call, activities(call.sql, call.projectId));
}

/** One person's activity; 404 once the person is deleted. */
export function personActivity(call: Call): Reply {
  return page(call, activities(call.sql, call.projectId, String(personInPath(call).id)));
}
