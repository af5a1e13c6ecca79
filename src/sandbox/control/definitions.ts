import * as z from 'zod';
import { addAction } from '../store/actions.ts';
import { addGroup } from '../store/groups.ts';
import type { Desk } from './desk.ts';

/** What a test defines in a project beside persons and events. Both routes take one item or an array of them. */

const newGroup = z.strictObject({
  project_id: z.int(),
  key: z.string().min(1),
  properties: z.record(z.string(), z.unknown()).default({}),
  /** Left out: the world's now. */
  created_at: z.iso.datetime({ offset: true }).optional(),
});

const newAction = z.strictObject({
  project_id: z.int(),
  id: z.int().positive(),
  event: z.string().min(1),
});

/** `POST /_sandbox/groups`: groups of type 0. A key that the project has already is a mistake. */
export function addGroups(desk: Desk): unknown {
  const wanted = z.union([z.array(newGroup), newGroup.transform((one) => [one])]).parse(desk.body);
  for (const { project_id: projectId, key, properties, created_at: created } of wanted) {
    const createdAt = Date.parse(created ?? desk.settings.now);
    addGroup(desk.sql, projectId, { key, properties, createdAt });
  }
  return { added: wanted.length };
}

/** `POST /_sandbox/actions`: each stands for one event. An id that an action has already is a mistake. */
export function addActions(desk: Desk): unknown {
  const wanted = z.union([z.array(newAction), newAction.transform((one) => [one])]).parse(desk.body);
  for (const { project_id: projectId, id, event } of wanted) addAction(desk.sql, id, projectId, event);
  return { added: wanted.length };
}
