/** Every operation of the persons API there is. What is not in this list has no route and reaches PostHog never. */
import { ACTIVITY } from './persons/activity.ts';
import { CHANGING } from './persons/changing.ts';
import { DELETING_OPERATIONS } from './persons/deleting.ts';
import { INSIGHTS } from './persons/insights.ts';
import type { Operation } from './operation.ts';
import { READING } from './persons/reading.ts';

export const CATALOGUE: readonly Operation[] = [
  ...READING,
  ...ACTIVITY,
  ...INSIGHTS,
  ...CHANGING,
  ...DELETING_OPERATIONS,
];

/** The two path families of PostHog: one resource, one policy (PostHog contract §2). */
export const FAMILIES = ['projects', 'environments'] as const;
export type Family = (typeof FAMILIES)[number];
