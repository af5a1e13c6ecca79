import { failsNested, ownersProject } from '../actions/quirks.ts';
import { type Call, merged } from '../call.ts';
import { parseInterval, startOf } from '../filters/dates.ts';
import { ok, type Reply } from '../wire/message.ts';
import { int } from '../wire/python.ts';
import { actorsPage } from './actors.ts';
import { gather, within } from './scene.ts';
import { targetEntity } from './target-entity.ts';

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
  const interval = parseInterval(dictionary['interval']);
  const { actors, range } = gather(call, project, dictionary);
  const matches = actors.filter((actor) => {
    const done = within(range, actor.deeds).filter((deed) => actor.did(entity, deed));
    return done.length > 0 && new Set(done.map((deed) => startOf(deed.at, interval))).size === wanted;
  });
  const { results, next } = actorsPage(call, dictionary, matches);
  return ok({ results, next });
}
