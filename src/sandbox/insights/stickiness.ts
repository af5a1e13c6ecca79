import { failsNested, ownersProject } from '../actions/quirks.ts';
import { type Call, merged } from '../call.ts';
import { type Interval, parseInterval, startOf } from '../filters/dates.ts';
import { ok, type Reply } from '../wire/message.ts';
import { int } from '../wire/python.ts';
import { actorsPage, type Match } from './actors.ts';
import type { Entity } from './entity.ts';
import { gatherLegacy, type Scene, within } from './scene.ts';
import { targetEntity } from './target-entity.ts';

/** Who did one of these in a number of intervals of the range that passes the test. */
export function stickinessMatches(
  { actors, range }: Scene,
  entities: readonly Entity[],
  interval: Interval,
  isWanted: (intervals: number) => boolean,
): Match[] {
  return actors.filter((actor) => {
    const done = within(range, actor.deeds).filter((deed) =>
      entities.some((entity) => actor.did(entity, deed)),
    );
    return done.length > 0 && isWanted(new Set(done.map((deed) => startOf(deed.at, interval))).size);
  });
}

/**
 * GET /stickiness/, generation A only (PostHog contract §6.4, §8 item 8): who was active in exactly that many intervals
 * of the range. It asks the project the key's owner has selected, not the path's (§10, trap 4).
 */
export function stickiness(call: Call): Reply {
  failsNested(call);
  const project = ownersProject(call);
  const dictionary = merged(call);
  const entity = targetEntity(dictionary);
  const wanted = int(dictionary['stickiness_days'], 0);
  const scene = gatherLegacy(call, project, dictionary);
  const matches = stickinessMatches(
    scene,
    [entity],
    parseInterval(dictionary['interval']),
    (intervals) => intervals === wanted,
  );
  const { results, next } = actorsPage(call, dictionary, matches);
  return ok({ results, next });
}
