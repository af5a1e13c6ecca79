import { failsNested, ownersProject } from '../actions/quirks.ts';
import { type Call, merged } from '../call.ts';
import { parseInterval, parseMoment, shift, startOf } from '../filters/dates.ts';
import { plain, serverError } from '../wire/errors.ts';
import { ok, type Reply } from '../wire/message.ts';
import { actorsPage } from './actors.ts';
import { parseEntities, plainEntity } from './entity.ts';
import { type Actor, gather } from './scene.ts';

/** GET /lifecycle/ (PostHog contract §6.4, §8 item 6). */

function parameter(call: Call, name: string): string {
  const value = call.target.query.get(name);
  if (value === undefined || value === '') throw plain('Missing parameter', `Missing parameter: ${name}`);
  return value;
}

/** Generation A asks the owner's project; from B on only the check for one is left (PostHog contract §10, trap 4). */
function projectAsked(call: Call): number {
  const owners = ownersProject(call);
  return call.generation === 'A' ? owners : call.projectId;
}

/** Answers who was new, returning, resurrecting or dormant in the interval of the target date. */
export function lifecycle(call: Call): Reply {
  if (call.generation !== 'C') failsNested(call);
  const project = projectAsked(call);
  const [spelled, kind] = [parameter(call, 'target_date'), parameter(call, 'lifecycle_type')];
  const dictionary = { ...merged(call), ...Object.fromEntries(call.target.query) };
  const named = parseMoment(spelled, call.now);
  if (named === undefined) throw serverError();
  const interval = parseInterval(dictionary['interval']);
  const target = startOf(named, interval);
  const before = startOf(shift(target, -1, interval), interval);
  const entity = parseEntities(dictionary)[0] ?? plainEntity(null, 'events');

  const kindOf = (actor: Actor): string | undefined => {
    const done = actor.deeds.filter((deed) => actor.did(entity, deed));
    const intervals = new Set(done.map((deed) => startOf(deed.at, interval)));
    const earlier = intervals.has(before);
    if (!intervals.has(target)) return earlier ? 'dormant' : undefined;
    if (startOf(actor.person.createdAt, interval) === target) return 'new';
    return earlier ? 'returning' : 'resurrecting';
  };
  const { actors } = gather(call, project, dictionary);
  const matches = actors.filter((actor) => kindOf(actor) === kind);
  const { results, next } = actorsPage(call, dictionary, matches);
  return ok({ results, next });
}
