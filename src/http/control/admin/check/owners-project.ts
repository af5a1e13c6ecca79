/** Which project the owner of the key has open: some endpoints of PostHog answer for that one, whatever the path says. */
import type { UpstreamCheck } from '../../../../contract/upstream/check.ts';
import { PersonUuid, type ProjectId } from '../../../../core/ids.ts';
import type { DatedClient } from '../../../../upstream/client.ts';
import { askOpenProject, askPerson, rowsIn } from '../../../../upstream/probe/questions.ts';
import { NOT_ASKED, unknown } from './finding.ts';

type Finding = UpstreamCheck['owners_project'];

/** Finds a person of the open project, and then the project that has this person. */
export async function ownersProjectFinding(
  client: DatedClient,
  configured: ProjectId | null,
  projects: readonly [ProjectId, ...ProjectId[]],
): Promise<Finding> {
  const facts = { configured, open: null };
  const listed = await askOpenProject(client, projects[0]);
  if (listed.kind === 'refusal' && listed.status === 404) {
    return {
      ...facts,
      good: false,
      says: 'The owner of the key has no project open, so cohorts are answered to nobody. Have the owner open one.',
    };
  }
  if (listed.kind !== 'success') return { ...facts, good: null, says: unknown(listed) };
  const uuid = PersonUuid.safeParse(rowsIn(listed)[0]?.['uuid']);
  if (!uuid.success)
    return {
      ...facts,
      good: null,
      says: 'Not known: the project that the owner of the key has open shows no person.',
    };
  const asked = [...new Set(configured === null ? projects : [configured, ...projects])];
  for (const project of asked) {
    const person = await askPerson(client, project, uuid.data);
    if (person.kind === 'success')
      return { configured, open: project, ...judge(project, configured, projects) };
  }
  return {
    ...facts,
    good: false,
    says:
      'The owner of the key has a project open that is none of these. Cohorts are answered for that one, whatever project is asked. ' +
      'Use the key of a service user whose only project is the one served.',
  };
}

export const ownersProjectNotAsked = (configured: ProjectId | null): Finding => ({
  configured,
  open: null,
  good: null,
  says: NOT_ASKED,
});

function judge(open: ProjectId, configured: ProjectId | null, projects: readonly ProjectId[]) {
  if (configured !== null && configured !== open) {
    return {
      good: false,
      says:
        `The owner of the key has project ${open} open, and POSTHOG_OWNERS_PROJECT says ${configured}: cohorts are answered for the wrong project. ` +
        `Have the owner open ${configured}, or correct the variable.`,
    };
  }
  const others = projects.filter((project) => project !== open);
  if (others.length > 0) {
    return {
      good: false,
      says:
        `The owner of the key has project ${open} open. Cohorts are answered for that one, so tenants of ${others.join(', ')} get empty or wrong ones: ` +
        'do not grant them cohort:read, or give each project a gateway with a key of its own.',
    };
  }
  return {
    good: true,
    says:
      configured === null
        ? `The owner of the key has project ${open} open. Set POSTHOG_OWNERS_PROJECT to ${open} where tenants with a slice are to get cohorts.`
        : `The owner of the key has project ${open} open, as POSTHOG_OWNERS_PROJECT says.`,
  };
}
