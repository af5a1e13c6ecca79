/** What those routes answer: PostHog's members, as far as the token says them, and nothing of the gateway's own key. */
import * as z from 'zod/mini';
import { ProjectId, TokenId } from '../../core/ids.ts';
import { ScopeName } from '../../core/scopes.ts';

const Organization = z.object({
  id: z
    .uuid()
    .register(z.globalRegistry, { description: 'Always the same: the gateway shows no organization.' }),
  name: z.string().register(z.globalRegistry, { description: 'The name of the tenant.' }),
});

const Project = z
  .object({
    id: ProjectId,
    organization: z.uuid(),
    name: z.string(),
    api_token: z.null().register(z.globalRegistry, { description: 'The gateway does not know it.' }),
  })
  .register(z.globalRegistry, { id: 'Project' });

const FROM_TOKEN =
  'Answered from the token, in the shape that clients of PostHog look for. PostHog is not asked.';

export const IDENTITY_DOCUMENTATION = {
  list_projects: {
    summary: 'List the project of the token',
    description: `${FROM_TOKEN} It is one project, always.`,
    reply: z.object({
      count: z.int(),
      next: z.null(),
      previous: z.null(),
      results: z.array(Project),
    }),
  },
  get_project: {
    summary: 'Read the project of the token',
    description: `${FROM_TOKEN} Another one is 403 \`project_not_granted\`.`,
    reply: Project,
  },
  get_user: {
    summary: 'See who the token is',
    description: `${FROM_TOKEN} The user in the answer stands for the tenant, and is no user of PostHog's.`,
    reply: z.object({
      uuid: z.uuid(),
      distinct_id: TokenId,
      first_name: z.string(),
      last_name: z.string(),
      email: z.string(),
      team: Project,
      organization: Organization,
      organizations: z.array(Organization),
    }),
  },
  get_personal_api_key: {
    summary: 'See what the token may do, as PostHog says it of a key',
    description: `${FROM_TOKEN} \`GET /v1/whoami\` says more.`,
    reply: z.object({
      id: TokenId,
      label: z.string(),
      value: z.null(),
      mask_value: z.null(),
      created_at: z.iso.datetime(),
      last_used_at: z.null(),
      user_id: z.null(),
      scopes: z.array(z.union([ScopeName, z.literal('person:write')])).register(z.globalRegistry, {
        description: 'Those of the grant; with all that write, `person:write` too.',
      }),
      scoped_teams: z.array(ProjectId),
      scoped_organizations: z.array(z.string()),
    }),
  },
} as const;
