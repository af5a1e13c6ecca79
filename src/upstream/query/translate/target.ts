/**
 * Which one entity trends and stickiness are asked about (PostHog contract §6.4). Queries count all series they are sent,
 * so only that one is sent.
 */
import type { TrendsInput } from '../../../catalogue/persons/insight-inputs.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { conflict, invalid, type Flaw } from './flaw.ts';
import type { SeriesNode } from './nodes.ts';
import { nodeOf, seriesOf, type EntityInput, type MathRule, type Series } from './series.ts';

type TargetInput = Pick<
  TrendsInput,
  'events' | 'actions' | 'entity_id' | 'entityId' | 'entity_type' | 'type' | 'entity_math' | 'entity_order'
>;

interface Target {
  readonly id: string | null;
  readonly type: 'events' | 'actions';
}

/** The entity that is named, with the filters of the series it is, or plain where no series are given. */
export function targetOf(input: TargetInput, math: MathRule): Result<SeriesNode, Flaw> {
  const named = namedTarget(input);
  if (!named.ok) return named;
  const series = seriesOf(input, math);
  if (!series.ok) return series;
  if (series.value.length === 0) {
    const { entity_math: entityMath } = input;
    const plain: EntityInput = { ...named.value, ...(entityMath === undefined ? {} : { math: entityMath }) };
    return nodeOf(plain, 'entity', math);
  }
  return pick(series.value, named.value, input);
}

function namedTarget(input: TargetInput): Result<Target, Flaw> {
  if (input.entity_id !== undefined && input.entityId !== undefined && input.entity_id !== input.entityId)
    return err(conflict('entityId', 'is another one than entity_id: send one of them'));
  if (input.entity_type !== undefined && input.type !== undefined && input.entity_type !== input.type)
    return err(conflict('type', 'is another one than entity_type: send one of them'));
  const id = input.entity_id ?? input.entityId ?? null;
  const type = input.entity_type ?? input.type;
  if (type === undefined) {
    return err(
      invalid(
        'entity_type',
        'is needed: events or actions, with the entity_id of the one that is asked about',
      ),
    );
  }
  return type === 'actions' && id === null
    ? err(invalid('entity_id', 'is needed with entity_type actions: the number of the action'))
    : ok({ id, type });
}

function pick(series: readonly Series[], target: Target, input: TargetInput): Result<SeriesNode, Flaw> {
  const { entity_order: order, entity_math: math } = input;
  const same = series.filter(({ entity }) => entity.type === target.type && idOf(entity) === target.id);
  if (same.length === 0) {
    return err(conflict('entity_id', `must be the id of one of the ${target.type} that are sent along`));
  }
  const ordered = order === undefined ? same : same.filter(({ entity }) => entity.order === order);
  if (ordered.length === 0) {
    return err(conflict('entity_order', 'must be the order of a series that has the entity_id'));
  }
  const counted = math === undefined ? ordered : ordered.filter(({ entity }) => mathOf(entity) === math);
  const [first, ...others] = counted;
  if (first === undefined) {
    return err(conflict('entity_math', 'must be the math of the series that has the entity_id'));
  }
  const meant = JSON.stringify(first.node);
  return others.every(({ node }) => JSON.stringify(node) === meant)
    ? ok(first.node)
    : err(invalid('entity_order', 'is needed: several series have this entity_id'));
}

const idOf = ({ id }: EntityInput): string | null => (id === null ? null : String(id));

/** A series without `math` is counted in total. */
const mathOf = ({ math = 'total' }: EntityInput): string => math;
