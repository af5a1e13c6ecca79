/** Funnel correlations as `FunnelCorrelationActorsQuery` (query contract §3.2). */
import type { CorrelationInput } from '../../../catalogue/persons/insight-inputs.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { flatFiltersOf, leafOf } from './filters.ts';
import { conflict, invalid, type Flaw } from './flaw.ts';
import { funnelSource } from './funnel.ts';
import type { FunnelCorrelationActorsQuery, FunnelsActorsQuery } from './nodes.ts';
import { eventsNodeOf, noMath } from './series.ts';

type Correlated = Pick<
  FunnelCorrelationActorsQuery,
  'funnelCorrelationPersonEntity' | 'funnelCorrelationPropertyValues'
>;

export function correlationSource(input: CorrelationInput): Result<FunnelCorrelationActorsQuery, Flaw> {
  const { funnel_correlation_type: type = 'events', funnel_correlation_person_converted: converted } = input;
  const correlated = type === 'properties' ? byProperties(input) : byEvent(input, type);
  if (!correlated.ok) return correlated;
  const funnel = funnelOf(input, type === 'properties');
  if (!funnel.ok) return funnel;
  return ok({
    kind: 'FunnelCorrelationActorsQuery',
    ...(converted === undefined ? {} : { funnelCorrelationPersonConverted: converted === 'true' }),
    ...correlated.value,
    source: { kind: 'FunnelCorrelationQuery', funnelCorrelationType: type, source: funnel.value },
  });
}

/** Who had the properties. PostHog asks for a side here: without one its query restricts nothing. */
function byProperties(input: CorrelationInput): Result<Correlated, Flaw> {
  const { funnel_correlation_property_values: values } = input;
  if (values === undefined) {
    return err(
      invalid('funnel_correlation_property_values', 'is needed with the type properties: a list of filters'),
    );
  }
  if (input.funnel_correlation_person_converted === undefined) {
    return err(
      invalid(
        'funnel_correlation_person_converted',
        'is needed with the type properties: one of true, false',
      ),
    );
  }
  return input.funnel_correlation_person_entity === undefined
    ? ok({ funnelCorrelationPropertyValues: values.map(leafOf) })
    : err(conflict('funnel_correlation_person_entity', 'does not go with the type properties'));
}

/** Who did the event. */
function byEvent(input: CorrelationInput, type: string): Result<Correlated, Flaw> {
  const { funnel_correlation_person_entity: entity, funnel_correlation_property_values: values } = input;
  const attr = 'funnel_correlation_person_entity';
  if (entity === undefined) return err(invalid(attr, `is needed with the type ${type}: an event`));
  if (entity.type !== 'events') return err(invalid(`${attr}.type`, 'must be events'));
  if (entity.id === null) return err(invalid(`${attr}.id`, 'must be the name of an event'));
  if (values !== undefined) {
    return err(conflict('funnel_correlation_property_values', `does not go with the type ${type}`));
  }
  const node = eventsNodeOf(entity, attr, noMath);
  return node.ok ? ok({ funnelCorrelationPersonEntity: node.value }) : node;
}

/** The funnel whose persons are correlated. `flat`: PostHog joins its filters to another list, and takes no group. */
function funnelOf(input: CorrelationInput, flat: boolean): Result<FunnelsActorsQuery, Flaw> {
  const flaw = checkIdle(input) ?? checkNames(input);
  if (flaw !== null) return err(flaw);
  const funnel = funnelSource(input);
  if (!funnel.ok) return funnel;
  const { source } = funnel.value;
  if (!flat || input.properties === undefined) return funnel;
  const properties = flatFiltersOf(input.properties);
  return properties === null
    ? err(invalid('properties', 'must be a list of filters, without OR, with the type properties'))
    : ok({ ...funnel.value, source: { ...source, properties } });
}

const WITHOUT_MEANING = [
  'breakdown',
  'funnel_step_breakdown',
  'funnel_from_step',
  'funnel_to_step',
  'entrance_period_start',
  'drop_off',
] as const;

/** A correlation is of the whole funnel: what names a part of one would be passed over. */
function checkIdle(input: CorrelationInput): Flaw | null {
  if (input.funnel_viz_type === 'trends')
    return conflict('funnel_viz_type', 'must not be trends in a correlation');
  const idle = WITHOUT_MEANING.find((name) => input[name] !== undefined);
  return idle === undefined ? null : conflict(idle, 'has no meaning in a correlation');
}

/** PostHog writes the names of events into its SQL as they are. */
const SQL_SIGNS = /['"\\`{}]/;

/** Checks every name of an event that the query holds. */
function checkNames(input: CorrelationInput): Flaw | null {
  const { funnel_correlation_person_entity: entity } = input;
  const named = [
    ...(entity === undefined ? [] : [{ id: entity.id, attr: 'funnel_correlation_person_entity' }]),
    ...(['events', 'actions', 'exclusions'] as const).flatMap((name) =>
      (input[name] ?? []).map(({ id }, index) => ({ id, attr: `${name}[${index}]` })),
    ),
  ];
  const unsafe = named.find(({ id }) => SQL_SIGNS.test(String(id)));
  return unsafe === undefined
    ? null
    : invalid(
        `${unsafe.attr}.id`,
        'must not hold quotation marks, backquotes, backslashes or braces in a correlation',
      );
}
