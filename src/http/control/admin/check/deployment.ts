/** What the configuration says of the deployment, where PostHog is not asked. */
import type { UpstreamCheck } from '../../../../contract/upstream/check.ts';
import type { Location } from '../../../../core/placement.ts';
import type { DeploymentFacts } from '../../../context.ts';
import type { Finding } from './finding.ts';

export const deploymentFindings = (facts: DeploymentFacts): UpstreamCheck['deployment'] => ({
  secrets: secretsFinding(facts),
  placement: placementFinding(facts),
});

/** The operator that `ADMIN_TOKEN` belongs to has no name of its own. */
const SHARED = 'admin';

/** A gateway that lacks a secret serves nothing, so that it answers means that they are there. */
function secretsFinding({ kids, operators }: DeploymentFacts): Finding {
  const [signing = '', ...older] = kids;
  const keys =
    older.length === 0 ? '' : `, and ${older.join(', ')} still verif${older.length === 1 ? 'ies' : 'y'}`;
  const people = operators.map(({ name, role }) => `${name} (${role})`).join(', ');
  const alone =
    operators.length === 1 && operators[0]?.name === SHARED
      ? ' Give each person and program a token of its own in ADMIN_TOKENS: the audit log then says who it was.'
      : '';
  return {
    good: true,
    says: `The secrets are there. Tokens are signed with ${signing}${keys}. Operators: ${people}.${alone}`,
  };
}

/** The locations beside each cloud of PostHog's. */
const BESIDE: Readonly<Record<'us' | 'eu', Location>> = { us: 'enam', eu: 'weur' };

function placementFinding({ cloud, placement: { jurisdiction, location } }: DeploymentFacts): Finding {
  const where = [
    ...(location === null ? [] : [`OBJECTS_LOCATION ${location}`]),
    ...(jurisdiction === null ? [] : [`OBJECTS_JURISDICTION ${jurisdiction}`]),
  ].join(' and ');
  if (cloud === null) {
    return {
      good: true,
      says:
        where === ''
          ? 'The Worker and its objects stand near who asks first. Set OBJECTS_LOCATION to where your PostHog stands, before the first request.'
          : `The Worker and its objects are placed by ${where}.`,
    };
  }
  const beside = BESIDE[cloud];
  if (location === beside)
    return { good: true, says: `The Worker and its objects stand next to PostHog, by ${where}.` };
  return {
    good: false,
    says:
      `PostHog's ${cloud.toUpperCase()} Cloud is behind the gateway, and ${where === '' ? 'no OBJECTS_LOCATION is set' : `it is placed by ${where}`}: each request may cross an ocean, twice. ` +
      `Set OBJECTS_LOCATION to ${beside}. Objects that exist stay where they are.`,
  };
}
