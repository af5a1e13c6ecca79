import { type Call, merged } from '../call.ts';
import type { Reply } from '../wire/message.ts';
import { actorsPage } from './actors.ts';
import { slice } from './breakdown.ts';
import { cachedPage } from './cache.ts';
import { refuseWhenSwitchedOff } from './funnel.ts';
import { gather, within } from './scene.ts';
import { targetEntity } from './target-entity.ts';

/** GET /trends/ (PostHog contract §6.4, §8 item 21): who did it in the range, and how often, most often first. */
export function trends(call: Call): Reply {
  refuseWhenSwitchedOff(call);
  const dictionary = merged(call);
  const entity = targetEntity(dictionary);
  return cachedPage(call, 'trends', dictionary, () => {
    const { actors, range } = gather(call, call.projectId, dictionary);
    const inSlice = slice(dictionary, dictionary['breakdown_value']);
    const matches = actors
      .map((actor) => {
        const done = within(range, actor.deeds).filter(
          (deed) => actor.did(entity, deed) && inSlice(actor, deed),
        );
        return { person: actor.person, value: done.length };
      })
      .filter((match) => match.value > 0)
      .toSorted((a, b) => b.value - a.value || a.person.id - b.person.id);
    return actorsPage(call, dictionary, matches);
  });
}
