import type { Failure } from '../core/failure.ts';
import type { PostHogClient } from './client.ts';

/** The same client; `hear` is told of each failure before the caller is. */
export const tellFailures = (posthog: PostHogClient, hear: (failure: Failure) => void): PostHogClient => ({
  ask: async (request, maxBytes) => {
    const answer = await posthog.ask(request, maxBytes);
    if (answer.kind === 'failure') hear(answer.failure);
    return answer;
  },
  open: async (request) => {
    const opened = await posthog.open(request);
    if (opened.kind === 'failure') hear(opened.failure);
    return opened;
  },
});
