import { type Call, merged } from '../call.ts';
import { satisfies } from '../filters/evaluate.ts';
import type { Group } from '../filters/leaf.ts';
import { EVERYTHING, parseProperties, unpack } from '../filters/parse.ts';
import { absoluteLink } from '../wire/links.ts';
import type { Reply } from '../wire/message.ts';
import { int, text } from '../wire/python.ts';
import { cutPage, type Match } from './actors.ts';
import { cachedPage } from './cache.ts';
import { type Entity, parseEntity } from './entity.ts';
import { deadline, type Funnel, furthest, parseFunnel, type Run, runs } from './funnel-steps.ts';
import { type Actor, gatherLegacy, type Scene, within } from './scene.ts';

/** GET and POST /funnel/correlation/, generation A only (PostHog contract §6.4, §8 item 5). */

const PAGED_BY = { offset: 'funnel_correlation_person_offset', limit: 'funnel_correlation_person_limit' };

/** A question about a correlation. */
export interface CorrelationQuestion {
  readonly funnel: Funnel;
  /** What was done on the way; undefined: anything. */
  readonly entity: Entity | undefined;
  /** What the person has to satisfy. */
  readonly properties: Group;
  /** Undefined: who converted, and who did not. */
  readonly converted: boolean | undefined;
}

/** Did the person do what was correlated, between setting out and arriving (or the end of the window)? */
function didOnTheWay(actor: Actor, funnel: Funnel, run: Run, entity: Entity): boolean {
  const start = run[0]?.at ?? 0;
  const end = run.length === funnel.steps.length ? (run.at(-1)?.at ?? start) : deadline(funnel, start);
  return actor.deeds.some(
    (deed) => deed.at > start && deed.at <= end && !run.includes(deed) && actor.did(entity, deed),
  );
}

/** The people behind one correlation. */
export function correlationMatches(scene: Scene, question: CorrelationQuestion): Match[] {
  const { funnel, entity, properties, converted } = question;
  return scene.actors.filter((actor) => {
    const best = furthest(runs(funnel, actor, within(scene.range, actor.deeds)));
    if (best === undefined) return false;
    if (converted !== undefined && converted !== (best.length === funnel.steps.length)) return false;
    const { person, cohorts } = actor;
    const subject = { person: person.properties, cohorts, distinctIds: person.distinctIds };
    const did = entity === undefined || didOnTheWay(actor, funnel, best, entity);
    return did && satisfies(properties, subject, scene.now);
  });
}

/** Answers the people behind one correlation: converted or not, with that event or those properties. */
export function correlation(call: Call): Reply {
  const dictionary = merged(call);
  return cachedPage(call, 'correlation', dictionary, () => {
    const unpacked = unpack(dictionary['funnel_correlation_person_entity'], 'Correlation entity');
    const values = dictionary['funnel_correlation_property_values'];
    // A string, "true" or "false"; anything else asks for both kinds.
    const converted = text(dictionary['funnel_correlation_person_converted']);
    const matches = correlationMatches(gatherLegacy(call, call.projectId, dictionary), {
      funnel: parseFunnel(dictionary),
      entity: parseEntity(unpacked, 'events'),
      properties: values === undefined ? EVERYTHING : parseProperties(values),
      converted: converted === 'true' ? true : converted === 'false' ? false : undefined,
    });
    const limit = int(dictionary[PAGED_BY.limit], 0) || 100;
    const offset = int(dictionary[PAGED_BY.offset], 0);
    return cutPage(call, matches, offset, limit, () =>
      absoluteLink(call.target, offset + limit, limit, PAGED_BY),
    );
  });
}
