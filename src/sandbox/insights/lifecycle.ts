import { failsNested, ownersProject } from '../actions/quirks.ts';
import { type Call, merged } from '../call.ts';
import { type Interval, parseInterval, parseMoment, shift, startOf } from '../filters/dates.ts';
import { plain, serverError } from '../wire/errors.ts';
import { ok, type Reply } from '../wire/message.ts';
import { actorsPage, type Match } from './actors.ts';
import { type Entity, parseEntities, plainEntity } from './entity.ts';
import { gatherLegacy, type Scene } from './scene.ts';

/** GET /lifecycle/ (PostHog contract §6.4, §8 item 6). */

/** What a person can be in an interval. */
export type LifecycleKind = 'new' | 'returning' | 'resurrecting' | 'dormant';

/** A question about the lifecycle. */
export interface LifecycleQuestion {
  /** A deed counts if it is one of each of these. */
  readonly entities: readonly Entity[];
  readonly interval: Interval;
  /** The starts of the intervals that are asked about. */
  readonly targets: readonly number[];
  readonly isWanted: (kind: LifecycleKind) => boolean;
}

/** Who was what is wanted in one of the target intervals. */
export function lifecycleMatches({ actors }: Scene, question: LifecycleQuestion): Match[] {
  const { entities, interval, targets, isWanted } = question;
  return actors.filter((actor) => {
    const done = actor.deeds.filter((deed) => entities.every((entity) => actor.did(entity, deed)));
    const active = new Set(done.map((deed) => startOf(deed.at, interval)));
    const kindAt = (target: number): LifecycleKind | undefined => {
      const earlier = active.has(startOf(shift(target, -1, interval), interval));
      if (!active.has(target)) return earlier ? 'dormant' : undefined;
      if (startOf(actor.person.createdAt, interval) === target) return 'new';
      return earlier ? 'returning' : 'resurrecting';
    };
    return targets.some((target) => {
      const kind = kindAt(target);
      return kind !== undefined && isWanted(kind);
    });
  });
}

function parameter(call: Call, name: string): string {
  const value = call.target.query.get(name);
  if (value === undefined || value === '') throw plain('Missing parameter', `Missing parameter: ${name}`);
  return value;
}

/**
 * Answers who was new, returning, resurrecting or dormant in the interval of the target date. It asks the project the
 * key's owner has selected, not the path's (PostHog contract §10, trap 4).
 */
export function lifecycle(call: Call): Reply {
  failsNested(call);
  const project = ownersProject(call);
  const [spelled, kind] = [parameter(call, 'target_date'), parameter(call, 'lifecycle_type')];
  const dictionary = { ...merged(call), ...Object.fromEntries(call.target.query) };
  const named = parseMoment(spelled, call.now);
  if (named === undefined) throw serverError();
  const interval = parseInterval(dictionary['interval']);
  const entity = parseEntities(dictionary)[0] ?? plainEntity(null, 'events');
  const matches = lifecycleMatches(gatherLegacy(call, project, dictionary), {
    entities: [entity],
    interval,
    targets: [startOf(named, interval)],
    isWanted: (found) => found === kind,
  });
  const { results, next } = actorsPage(call, dictionary, matches);
  return ok({ results, next });
}
