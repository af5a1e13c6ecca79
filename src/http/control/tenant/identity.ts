/** What clients of PostHog look for before they start, answered from the token. Nothing of the gateway's own key is in it. */
import { ProjectId } from '../../../core/ids.ts';
import { err } from '../../../core/result.ts';
import { writesEverything, PERSON_WRITE } from '../../../core/scopes.ts';
import { checkAccess } from '../../../policy/decide.ts';
import type { Admitted } from '../../admission.ts';
import { unknownProject } from '../../input/path.ts';
import { isoOf } from '../tokens/new-token.ts';
import { answer } from '../serve.ts';
import { withToken } from './guard.ts';

/** Clients want the UUID of an organization; the gateway has none to show. */
const NO_UUID = '00000000-0000-0000-0000-000000000000';

const projectOf = ({ grant }: Admitted) => ({
  id: grant.project_id,
  organization: NO_UUID,
  name: `Project ${grant.project_id}`,
  api_token: null,
});

/** `GET /api/projects/` */
export const listProjects = withToken('list_projects', async ({ input: { query } }, admitted) => {
  const isFirst = (query.offset ?? 0) === 0;
  return answer({ count: 1, next: null, previous: null, results: isFirst ? [projectOf(admitted)] : [] });
});

/** `GET /api/projects/:project/` */
export const getProject = withToken('get_project', async ({ parameters }, admitted) => {
  const { project = '' } = parameters;
  const id = ProjectId.safeParse(/^[1-9][0-9]*$/.test(project) ? Number(project) : undefined);
  if (!id.success) return err(unknownProject(project));
  const refusal = checkAccess(admitted.grant, admitted.caller, [], id.data);
  return refusal === null ? answer(projectOf(admitted)) : err(refusal);
});

/** `GET /api/users/@me/` */
export const getUser = withToken('get_user', async (_, admitted) => {
  const organization = { id: NO_UUID, name: admitted.tenant.name };
  return answer({
    uuid: NO_UUID,
    distinct_id: admitted.principal.token,
    first_name: admitted.tenant.name,
    last_name: '',
    email: '',
    team: projectOf(admitted),
    organization,
    organizations: [organization],
  });
});

/** `GET /api/personal_api_keys/@current/` */
export const getPersonalApiKey = withToken('get_personal_api_key', async (_, { grant, principal, tenant }) =>
  answer({
    id: principal.token,
    label: tenant.name,
    value: null,
    mask_value: null,
    created_at: isoOf(principal.issuedAtSeconds),
    last_used_at: null,
    user_id: null,
    scopes: [...grant.scopes, ...(writesEverything(grant.scopes) ? [PERSON_WRITE] : [])],
    scoped_teams: [grant.project_id],
    scoped_organizations: [],
  }),
);
