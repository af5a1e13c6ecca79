/** The events and actions of an insight as the series of a query (query contract §3.0). */
import type * as z from 'zod/mini';
import type { Entity } from '../../../catalogue/fields/entities.ts';
import type { InsightInput } from '../../../catalogue/persons/insight-inputs.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { leafOf } from './filters.ts';
import { invalid, type Flaw } from './flaw.ts';
import type { ActionsNode, EventsNode, SeriesNode } from './nodes.ts';

export type EntityInput = z.output<ReturnType<typeof Entity>>;

/** One series, and what the client called it. */
export interface Series {
  readonly node: SeriesNode;
  readonly entity: EntityInput;
  /** Where it stands in the arguments, like `events[0]`. */
  readonly attr: string;
}

type MathMembers = { readonly math?: string; readonly math_property?: string };

/** What of an entity's `math` a kind of insight reads. `attr` is where the entity stands. */
export type MathRule = (
  entity: Pick<EntityInput, 'math' | 'math_property'>,
  attr: string,
) => Result<MathMembers, Flaw>;

/** The insight counts nothing but that an event happened. */
export const noMath: MathRule = () => ok({});

/** Actions and events in one list, by `order`, as PostHog sorts them: those without one come first, and so do those of 0. */
export function seriesOf(
  { events, actions }: Pick<InsightInput, 'events' | 'actions'>,
  math: MathRule,
): Result<readonly Series[], Flaw> {
  const all: Series[] = [];
  for (const [name, list] of [
    ['actions', actions ?? []],
    ['events', events ?? []],
  ] as const) {
    for (const [index, entity] of list.entries()) {
      const attr = `${name}[${index}]`;
      if (entity.type !== name) return err(invalid(`${attr}.type`, `must be ${name} in this list`));
      const node = nodeOf(entity, attr, math);
      if (!node.ok) return node;
      all.push({ node: node.value, entity, attr });
    }
  }
  return ok(all.toSorted((a, b) => orderOf(a) - orderOf(b)));
}

const orderOf = ({ entity }: Series): number => entity.order ?? 0;

/** One entity as a node. `attr` is where it stands. */
export function nodeOf(entity: EntityInput, attr: string, math: MathRule): Result<SeriesNode, Flaw> {
  return entity.type === 'events' ? eventsNodeOf(entity, attr, math) : actionsNodeOf(entity, attr, math);
}

export function eventsNodeOf(entity: EntityInput, attr: string, math: MathRule): Result<EventsNode, Flaw> {
  const members = math(entity, attr);
  if (!members.ok) return members;
  const event = entity.id === null ? null : String(entity.id);
  return ok({ kind: 'EventsNode', event, ...filtersOfEntity(entity), ...members.value });
}

function actionsNodeOf(entity: EntityInput, attr: string, math: MathRule): Result<ActionsNode, Flaw> {
  const id = actionId(entity.id);
  if (id === null) return err(invalid(`${attr}.id`, 'must be the number of an action'));
  const members = math(entity, attr);
  if (!members.ok) return members;
  return ok({ kind: 'ActionsNode', id, ...filtersOfEntity(entity), ...members.value });
}

const ACTION = /^[1-9][0-9]{0,9}$/;

function actionId(id: string | number | null): number | null {
  return id !== null && ACTION.test(String(id)) ? Number(id) : null;
}

/** Of one series PostHog takes a flat list only. */
const filtersOfEntity = ({ properties }: EntityInput): Pick<SeriesNode, 'properties'> =>
  properties === undefined ? {} : { properties: properties.map(leafOf) };
