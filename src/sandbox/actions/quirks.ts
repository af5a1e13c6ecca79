import type { Call } from '../call.ts';
import { plain, serverError } from '../wire/errors.ts';

/** Oddities several endpoints share (PostHog contract §10, trap 4). */

/** The handler takes no URL arguments, so the nested path crashes it, where the world is set to have that defect. */
export function failsNested(call: Call): void {
  if (call.settings.nested_quirks && call.nested) throw serverError();
}

/** The project the keys' owner has selected, whatever the path says. */
export function ownersProject(call: Call): number {
  if (call.settings.current_project === null) {
    throw plain('Could not retrieve team', 'Could not validate team associated with user');
  }
  return call.settings.current_project;
}
