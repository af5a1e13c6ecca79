/**
 * What clients of PostHog ask before anything else: which projects there are, and whose key they have. At PostHog's own
 * paths, with and without the slash at the end, and answered from the token.
 */
import * as z from 'zod/mini';
import { whole } from '../../catalogue/fields/values.ts';
import { lazily } from '../../core/lazily.ts';
import { LIMITS } from '../../core/limits.ts';
import { NO_INPUT, type ControlRoute } from '../control-route.ts';

const READING = { ...NO_INPUT, method: 'GET', plane: 'tenant', status: 200 } as const;

const ProjectsQuery = lazily(() =>
  z.strictObject({
    limit: z.optional(whole(0, LIMITS.listRowsMax)),
    offset: z.optional(whole(0, LIMITS.offsetMax)),
  }),
);

export const IDENTITY_ROUTES = {
  list_projects: { ...READING, path: '/api/projects/', query: ProjectsQuery },
  get_project: { ...READING, path: '/api/projects/:project/' },
  get_user: { ...READING, path: '/api/users/@me/' },
  get_personal_api_key: { ...READING, path: '/api/personal_api_keys/@current/' },
} as const satisfies Record<string, ControlRoute>;
