/** What the routes of usage are for. */
import * as z from 'zod/mini';
import { pageOf } from '../listing.ts';
import type { RouteDocumentation } from '../route-documentation.ts';
import { LIMITS } from '../../core/limits.ts';
import { ShownRefusedRequest } from './refused.ts';
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
  admin_list_refusals: {
    summary: 'List the requests of a tenant that were refused last',
    description:
      `Newest first: the last ${LIMITS.lastRefusedMax}, of one code the last ${LIMITS.lastRefusedOfCodeMax}. Those whose token could not be ` +
      'verified are of no tenant. What an isolate of the gateway had not reported when it ended is missing; `admin_list_usage` counts ' +
      'all of them. Nothing that was sent is in it. Also of a tenant that was removed.',
    reply: z.object({ results: z.array(ShownRefusedRequest()) }),
  },
} as const satisfies Readonly<Record<string, RouteDocumentation>>;
