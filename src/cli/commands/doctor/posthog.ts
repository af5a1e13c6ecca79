/** What the gateway's own check of PostHog found, a finding each. */
import type { components } from '../../../client/index.ts';
import type { Finding } from './finding.ts';

type Check = components['schemas']['UpstreamCheck'];

export function postHogFindings(check: Check): readonly Finding[] {
  const { host, key, scopes, projects, generation, insights, owners_project: open, clock, slices } = check;
  const found: readonly Omit<Finding, 'area'>[] = [
    { name: 'host', ...host },
    { name: 'key', ...key },
    ...scopes.map(({ scope, good, says, operations }) => ({
      name: `scope ${scope}`,
      good,
      says: good === false ? `${says} They are ${operations.join(', ')}.` : says,
    })),
    ...projects.map(({ project_id: id, good, says }) => ({ name: `project ${id}`, good, says })),
    { name: 'generation', ...generation },
    { name: 'insights', ...insights },
    { name: "owner's project", ...open },
    { name: 'clock', ...clock },
    ...slices.map(({ project_id: id, property, good, says }) => ({
      name: `slices by ${property} in project ${id}`,
      good,
      says,
    })),
    ...(check.projects_left_out.length === 0
      ? []
      : [
          {
            name: 'projects left out',
            good: null,
            says: `Not asked, as there are too many: ${check.projects_left_out.join(', ')}. Name one with --project.`,
          },
        ]),
  ];
  return found.map(({ name, good, says }) => ({ area: 'posthog', name, good, says }));
}
