import { type Call, merged } from '../call.ts';
import type { Happening } from '../store/events.ts';
import type { Reply } from '../wire/message.ts';
import { actorsPage, type Match } from './actors.ts';
import { slice } from './breakdown.ts';
import { cachedPage } from './cache.ts';
import type { Entity } from './entity.ts';
import { type Actor, gatherLegacy, type Scene, within } from './scene.ts';
import { targetEntity } from './target-entity.ts';

/** Who did it in the range, and the deeds that count. */
export function trendsMatches(
  { actors, range }: Scene,
  entity: Entity,
  inSlice: (actor: Actor, deed: Happening) => boolean,
): Match[] {
  return actors
    .map((actor) => {
      const deeds = within(range, actor.deeds).filter(
        (deed) => actor.did(entity, deed) && inSlice(actor, deed),
      );
      return { person: actor.person, value: deeds.length, deeds };
    })
    .filter((match) => match.value > 0);
}

/** GET /trends/ (PostHog contract §6.4, §8 item 21): who did it in the range, and how often. */
export function trends(call: Call): Reply {
  const dictionary = merged(call);
  const entity = targetEntity(dictionary);
  return cachedPage(call, 'trends', dictionary, () => {
    const inSlice = slice(dictionary, dictionary['breakdown_value']);
    const matches = trendsMatches(gatherLegacy(call, call.projectId, dictionary), entity, inSlice);
    return actorsPage(call, dictionary, matches);
  });
}
