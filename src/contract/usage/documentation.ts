/** What the routes of usage are for. */
import { pageOf } from '../listing.ts';
import type { RouteDocumentation } from '../route-documentation.ts';
import { Usage } from './usage.ts';

const ORDER =
  'In the order of time. Numbers may be lower than what happened by what an isolate of the gateway had not reported when it ended, ' +
  'which is mostly what happened within its last 20 seconds. Nothing is counted twice.';

export const USAGE_DOCUMENTATION = {
  list_usage: {
    summary: 'See what this token and its descendants did',
    description: `${ORDER} Needs no scope: there is nothing of persons in it.`,
    reply: pageOf(Usage()),
  },
  admin_list_usage: {
    summary: 'See what the tokens of a tenant did',
    description: `${ORDER} Also of a tenant that was removed.`,
    reply: pageOf(Usage()),
  },
} as const satisfies Readonly<Record<string, RouteDocumentation>>;
