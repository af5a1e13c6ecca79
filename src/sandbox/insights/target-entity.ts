import { invalid } from '../wire/errors.ts';
import { text } from '../wire/python.ts';
import { type Entity, parseEntities, plainEntity } from './entity.ts';

/**
 * Which series trends and stickiness are asked about (PostHog contract §6.4): an id and a type, or the type `events`
 * alone for any event. A series of the filter with that id brings its own properties along.
 */
export function targetEntity(dictionary: Record<string, unknown>): Entity {
  const id = text(dictionary['entity_id'] ?? dictionary['entityId']);
  const type = text(dictionary['entity_type'] ?? dictionary['type']);
  if (type !== 'events' && (id === '' || type !== 'actions')) {
    throw invalid('An entity id and the entity type must be provided to determine an entity');
  }
  const order = text(dictionary['entity_order']);
  const series = parseEntities(dictionary).find(
    (entity) =>
      (entity.id ?? '') === id &&
      entity.type === type &&
      (order === '' || entity.order === Number.parseInt(order, 10)),
  );
  return series ?? plainEntity(id === '' ? null : id, type === 'actions' ? 'actions' : 'events');
}
