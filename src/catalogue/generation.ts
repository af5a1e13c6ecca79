/** PostHog's generations (PostHog contract §1b): A is the oldest, C what its Cloud runs. */
export const GENERATIONS = ['A', 'B', 'C'] as const;
export type Generation = (typeof GENERATIONS)[number];
