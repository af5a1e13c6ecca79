import { PROJECTS } from '../seed/names.ts';
import type { Key, Settings } from '../store/settings.ts';
import { authenticationFailed, denied, notFound } from '../wire/errors.ts';
import type { Message } from '../wire/message.ts';
import type { Target } from '../wire/target.ts';

/** `?token=` and `?api_key=` of a GET really replace the project the path names (PostHog contract §3). */
function projectOfToken(message: Message, target: Target): number | undefined {
  if (message.method !== 'GET') return undefined;
  const token = target.query.get('token') ?? target.query.get('api_key');
  if (token === undefined || token === '') return undefined;
  const project = PROJECTS.find((known) => known.token === token);
  if (project === undefined) throw authenticationFailed('Invalid token.');
  return project.id;
}

function projectNamed(name: string | undefined, settings: Settings): number {
  if (name === undefined || name === '@current') {
    if (settings.current_project === null) throw notFound('Project not found.');
    return settings.current_project;
  }
  if (!/^\d+$/.test(name)) throw notFound('Project not found.');
  return Number(name);
}

/** The project a request is really about, if the key may have it. A name of `undefined` is the flat family's. */
export function findProject(
  message: Message,
  target: Target,
  name: string | undefined,
  settings: Settings,
  key: Key,
): number {
  const id = projectOfToken(message, target) ?? projectNamed(name, settings);
  if (!PROJECTS.some((project) => project.id === id)) throw notFound('Project not found.');
  if (key.projects !== undefined && !key.projects.includes(id)) {
    throw denied(`API key does not have access to the requested project: ID ${String(id)}.`);
  }
  return id;
}
