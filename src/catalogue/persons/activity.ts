/** Operations that read what was done to persons. */
import * as z from 'zod/mini';
import { LIMITS } from '../../core/limits.ts';
import { forwarding } from '../define.ts';
import { none } from '../fields/reference-rules.ts';
import { refersTo } from '../fields/references.ts';
import { pageFields, whole } from '../fields/values.ts';
import type { Operation } from '../operation.ts';
import { activityReply } from '../replies.ts';

const activity = {
  effect: 'read',
  delivery: 'idempotent',
  ownersProject: [],
  methods: ['GET'],
  place: 'query',
  scopes: ['activity_log:read'],
  input: () =>
    z.strictObject({
      limit: pageFields().limit,
      page: z.optional(refersTo(none, whole(1, LIMITS.offsetMax))),
    }),
  reply: activityReply,
} as const;

export const ACTIVITY: readonly Operation[] = [
  forwarding({
    ...activity,
    id: 'persons_activity',
    slicing: { kind: 'refused', why: 'PostHog lists what was done to anybody in the project.' },
    path: 'activity',
    example: { limit: 10, page: 1 },
  }),
  forwarding({
    ...activity,
    id: 'persons_person_activity',
    slicing: { kind: 'named', by: 'path' },
    path: ':id/activity',
    example: {},
  }),
];
