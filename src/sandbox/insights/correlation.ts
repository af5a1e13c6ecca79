import { type Call, merged } from '../call.ts';
import { satisfies } from '../filters/evaluate.ts';
import { EVERYTHING, parseProperties, unpack } from '../filters/parse.ts';
import { absoluteLink } from '../wire/links.ts';
import type { Reply } from '../wire/message.ts';
import { int, text } from '../wire/python.ts';
import { cutPage } from './actors.ts';
import { cachedPage } from './cache.ts';
import { parseEntity } from './entity.ts';
import { deadline, type Funnel, furthest, parseFunnel, type Run, runs } from './funnel-steps.ts';
import { type Actor, gather, within } from './scene.ts';

/** GET and POST /funnel/correlation/, generation A only (PostHog contract §6.4, §8 item 5). */

const PAGED_BY = { offset: 'funnel_correlation_person_offset', limit: 'funnel_correlation_person_limit' };

/** Did the person do what was correlated, between setting out and arriving (or the end of the window)? */
function entityTest(
  dictionary: Record<string, unknown>,
  funnel: Funnel,
): (actor: Actor, run: Run) => boolean {
  const unpacked = unpack(dictionary['funnel_correlation_person_entity'], 'Correlation entity');
  const entity = parseEntity(unpacked, 'events', 0);
  if (entity === undefined) return () => true;
  return (actor, run) => {
    const start = run[0]?.at ?? 0;
    const end = run.length === funnel.steps.length ? (run.at(-1)?.at ?? start) : deadline(funnel, start);
    return actor.deeds.some(
      (deed) => deed.at > start && deed.at <= end && !run.includes(deed) && actor.did(entity, deed),
    );
  };
}

/** Answers the people behind one correlation: converted or not, with that event or those properties. */
export function correlation(call: Call): Reply {
  const dictionary = merged(call);
  return cachedPage(call, 'correlation', dictionary, () => {
    const funnel = parseFunnel(dictionary);
    const { actors, range } = gather(call, call.projectId, dictionary);
    const did = entityTest(dictionary, funnel);
    const values = dictionary['funnel_correlation_property_values'];
    const properties = values === undefined ? EVERYTHING : parseProperties(values);
    // A string, "true" or "false"; anything else asks for both kinds.
    const converted = text(dictionary['funnel_correlation_person_converted']);
    const matches = actors.filter((actor) => {
      const best = furthest(runs(funnel, actor, within(range, actor.deeds)));
      if (best === undefined) return false;
      const arrived = String(best.length === funnel.steps.length);
      if ((converted === 'true' || converted === 'false') && converted !== arrived) return false;
      const subject = { person: actor.person.properties, cohorts: new Set<number>() };
      return did(actor, best) && satisfies(properties, subject, call.now);
    });
    const limit = int(dictionary[PAGED_BY.limit], 0) || 100;
    const offset = int(dictionary[PAGED_BY.offset], 0);
    return cutPage(call, matches, offset, limit, () =>
      absoluteLink(call.target, offset + limit, limit, PAGED_BY),
    );
  });
}
