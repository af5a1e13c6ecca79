/** How PostHog's limits stand. */
import type { Hedgerow } from '../../../client/index.ts';
import type { Finding } from './finding.ts';

export async function quotaFindings(
  hedgerow: Hedgerow,
  query: { readonly project_id?: number },
): Promise<readonly Finding[]> {
  const { data } = await hedgerow.GET('/admin/v1/upstream', { params: { query } });
  const paused = data.projects.flatMap(({ project_id: id, quotas }) =>
    quotas
      .filter(({ paused_seconds: seconds }) => seconds > 0)
      .map(({ kind, paused_seconds: seconds }) => `${kind} of project ${id} for ${seconds} s`),
  );
  return [
    {
      area: 'posthog',
      name: 'rate limit',
      good: paused.length === 0,
      says:
        paused.length === 0
          ? 'PostHog may be asked.'
          : `PostHog has answered 429, and is not asked: ${paused.join(', ')}. What else uses a key of the same organization? \`hedgerow upstream\` says who waits.`,
    },
  ];
}
