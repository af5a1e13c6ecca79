import { personInPath } from '../actions/find.ts';
import { type Call, merged } from '../call.ts';
import { type Group, isGroup } from '../filters/leaf.ts';
import { parseProperties } from '../filters/parse.ts';
import { own, type Properties } from '../store/json.ts';
import { pastProperties } from '../store/persons/history.ts';
import { ok, type Reply } from '../wire/message.ts';
import { iso, text } from '../wire/python.ts';
import { type Entity, parseEntities } from './entity.ts';
import { gatherLegacy, within } from './scene.ts';

/** GET /:id/properties_timeline/ (PostHog contract §8, 20). */

interface Point {
  readonly timestamp: string;
  readonly properties: Properties;
  relevant_event_count: number;
}

function personKeys(group: Group): string[] {
  return group.parts.flatMap((part) => {
    if (isGroup(part)) return personKeys(part);
    return part.type === 'person' ? [part.key] : [];
  });
}

/** The properties the insight turns on: whatever it filters or breaks down by. */
function crucialKeys(dictionary: Record<string, unknown>, entities: readonly Entity[]): string[] {
  const brokenDown = dictionary['breakdown_type'] === 'person' ? [text(dictionary['breakdown'])] : [];
  const filtered = [parseProperties(dictionary['properties']), ...entities.map((entity) => entity.filter)];
  return [...new Set([...filtered.flatMap(personKeys), ...brokenDown])];
}

const agree = (keys: readonly string[], one: Properties, other: Properties): boolean =>
  keys.every((key) => JSON.stringify(own(one, key)) === JSON.stringify(own(other, key)));

/** Answers all properties as they stood at each relevant event; neighbours that agree in the crucial ones are one point. */
export function propertiesTimeline(call: Call): Reply {
  const person = personInPath(call);
  const dictionary = merged(call);
  const entities = parseEntities(dictionary);
  const keys = crucialKeys(dictionary, entities);
  // The filter says which properties matter here, not which events: a time at which it did not hold belongs in the line.
  const { actors, range } = gatherLegacy(call, call.projectId, {
    ...dictionary,
    properties: undefined,
    search: undefined,
  });
  const actor = actors.find((candidate) => candidate.person.id === person.id);
  const relevant = within(range, actor?.deeds ?? []).filter(
    (deed) =>
      entities.length === 0 || entities.some((entity) => entity.id === null || entity.id === deed.event),
  );
  const points: Point[] = [];
  for (const deed of relevant) {
    const properties = pastProperties(call.sql, person.id, deed.at, true);
    const last = points.at(-1);
    if (last !== undefined && agree(keys, last.properties, properties)) {
      last.relevant_event_count += 1;
      continue;
    }
    points.push({ timestamp: iso(deed.at), properties, relevant_event_count: 1 });
  }
  return ok({
    points,
    crucial_property_keys: keys,
    effective_date_from: iso(range.from),
    effective_date_to: iso(range.to),
  });
}
