/**
 * What a call asks about. A filter, a search or a breakdown on a hidden property tells what it is without showing it,
 * because a count is an answer too, so such a call is refused. Every field of the catalogue is declared here by name;
 * one that is not, and any shape that is not known, counts as asking about everything.
 */
import { givenFields } from '../catalogue/fields/values.ts';
import { failure, type Failure } from '../core/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { Grant } from './grant.ts';
import { visibilityOf } from './redact.ts';

/** What a call asks about, beyond what it answers with. */
export interface Mentions {
  /** Person properties, by name. */
  readonly properties: readonly string[];
  /** A free text, which PostHog looks for in e-mail, name and distinct ids. */
  readonly search: boolean;
  readonly distinctIds: boolean;
  /** Something the gateway cannot see into: it may ask about anything. */
  readonly anything: boolean;
}

/** What one value mentions; `fields` are its neighbours. */
type Reading = (value: Json, fields: JsonObject) => Mentions;

const NOTHING: Mentions = { properties: [], search: false, distinctIds: false, anything: false };
const ANYTHING: Mentions = { ...NOTHING, anything: true };
const DISTINCT_IDS: Mentions = { ...NOTHING, distinctIds: true };

const together = (all: readonly Mentions[]): Mentions => ({
  properties: [...new Set(all.flatMap(({ properties }) => properties))],
  search: all.some(({ search }) => search),
  distinctIds: all.some(({ distinctIds }) => distinctIds),
  anything: all.some(({ anything }) => anything),
});

/** What validated arguments mention. */
export function mentionsOf(input: unknown): Mentions {
  return isJsonObject(input) ? reads(FIELDS)(input, input) : ANYTHING;
}

/** Reads an object by its members' names; a name that is not declared may mean anything. */
const reads =
  (members: Readonly<Record<string, Reading>>): Reading =>
  (value) => {
    if (!isJsonObject(value)) return ANYTHING;
    const given = givenFields(value);
    return together(
      given.map(([name, member]) => {
        const reading = Object.hasOwn(members, name) ? members[name] : undefined;
        return reading === undefined ? ANYTHING : reading(member, value);
      }),
    );
  };

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const each =
  (reading: Reading): Reading =>
  (value, fields) =>
    isList(value) ? together(value.map((item) => reading(item, fields))) : ANYTHING;

const harmless: Reading = () => NOTHING;
const distinctIds: Reading = () => DISTINCT_IDS;

/** PostHog computes these from other properties of the person. */
const COMPUTED = '$virt';

const named = (names: readonly string[]): Mentions =>
  names.some((name) => name.startsWith(COMPUTED)) ? ANYTHING : { ...NOTHING, properties: names };

const personProperty: Reading = (name) =>
  typeof name === 'string' || typeof name === 'number' ? named([String(name)]) : ANYTHING;

/** Events carry the distinct ids they were sent with, and whole what they set on their person. */
const IDS_OF_EVENTS = new Set([
  'distinct_id',
  '$distinct_id',
  '$anon_distinct_id',
  '$user_id',
  '$device_id',
  '$identified_id',
  'alias',
  '$alias',
]);
const SETTING = /^\$(?:set|unset|virt)/;

const eventProperty: Reading = (name) => {
  if (typeof name === 'number') return NOTHING;
  if (typeof name !== 'string' || SETTING.test(name)) return ANYTHING;
  return IDS_OF_EVENTS.has(name) ? DISTINCT_IDS : NOTHING;
};

/** A property of whom the neighbour says; PostHog takes one of whom nothing is said for an event's. */
const propertyOf =
  (neighbour: string): Reading =>
  (name, fields) => {
    const whose = fields[neighbour] ?? 'event';
    return whose === 'event'
      ? eventProperty(name, fields)
      : whose === 'person'
        ? personProperty(name, fields)
        : ANYTHING;
  };

/** One or several, as a breakdown names them. */
const oneOrEach =
  (reading: Reading): Reading =>
  (value, fields) =>
    (isList(value) ? each(reading) : reading)(value, fields);

const filter = reads({
  key: propertyOf('type'),
  type: harmless,
  operator: harmless,
  value: harmless,
  negation: harmless,
});
const filters = each(filter);

/** Whether it is a group of filters, and not properties by name. */
const isGroup = (value: JsonObject): boolean =>
  Object.keys(value).length === 2 &&
  (value['type'] === 'AND' || value['type'] === 'OR') &&
  isList(value['values']);

/** A flat list of filters, or groups within groups. */
const filterTree: Reading = (value, fields) => {
  if (!isJsonObject(value)) return filters(value, fields);
  const { values = null } = value;
  return isGroup(value) && isList(values)
    ? together(values.map((item) => (isJsonObject(item) && isGroup(item) ? filterTree : filter)(item, value)))
    : ANYTHING;
};

/** Filters; or, in a change of a person, its properties by name. */
const filtersOrProperties: Reading = (value, fields) =>
  isJsonObject(value) && !isGroup(value) ? named(Object.keys(value)) : filterTree(value, fields);

/** An action is defined in PostHog, by conditions on persons too, and the gateway cannot see which. */
const eventsOnly: Reading = (type) => (type === 'events' ? NOTHING : ANYTHING);

const entity = reads({
  id: harmless,
  type: eventsOnly,
  order: harmless,
  name: harmless,
  custom_name: harmless,
  math: harmless,
  math_property: eventProperty,
  properties: filters,
  funnel_from_step: harmless,
  funnel_to_step: harmless,
});

/** Correlated are events, or properties of persons; of nothing said, either. `$all` is every property there is. */
const correlated: Reading = (names, { funnel_correlation_type: type }) =>
  type === 'events' || type === 'event_with_properties'
    ? NOTHING
    : each((name) => (name === '$all' ? ANYTHING : personProperty(name, {})))(names, {});

/** Every field of the catalogue, by name: one name means one thing in all operations. */
const FIELDS: Readonly<Record<string, Reading>> = {
  // Who is asked for.
  search: () => ({ ...NOTHING, search: true }),
  email: () => named(['email']),
  distinct_id: distinctIds,
  distinct_ids: distinctIds,
  distinct_ids_to_split: distinctIds,
  main_distinct_id: distinctIds,
  properties: filtersOrProperties,
  // The project's own filter, often on e-mail addresses; the gateway cannot see it.
  filter_test_accounts: (value) => (value === false ? NOTHING : ANYTHING),
  ...harmlessAll(
    'ids',
    'uuids',
    'person_id',
    'person_uuid',
    'limit',
    'offset',
    'page',
    'include_total',
    'status',
  ),
  // One property.
  key: personProperty,
  $unset: personProperty,
  ...harmlessAll('value', 'timestamp', 'include_set_once'),
  // What is erased along.
  ...harmlessAll('delete_events', 'delete_recordings', 'keep_person'),
  // Insights.
  events: each(entity),
  actions: (value, fields) => together([ANYTHING, each(entity)(value, fields)]),
  exclusions: each(entity),
  breakdown: oneOrEach(propertyOf('breakdown_type')),
  ...harmlessAll('breakdown_type', 'breakdown_value', 'breakdown_limit'),
  ...harmlessAll('breakdown_attribution_type', 'breakdown_attribution_value'),
  ...harmlessAll(
    'date_from',
    'date_to',
    'explicit_date',
    'interval',
    'sampling_factor',
    'insight',
    'shown_as',
  ),
  entity_type: eventsOnly,
  type: eventsOnly,
  ...harmlessAll('entity_id', 'entityId', 'entity_math', 'entity_order'),
  ...harmlessAll('target_date', 'lifecycle_type', 'stickiness_days'),
  // Funnels.
  ...harmlessAll(
    'funnel_step',
    'funnel_custom_steps',
    'funnel_step_breakdown',
    'funnel_from_step',
    'funnel_to_step',
  ),
  ...harmlessAll('funnel_window_days', 'funnel_window_interval', 'funnel_window_interval_unit'),
  ...harmlessAll(
    'funnel_order_type',
    'funnel_viz_type',
    'entrance_period_start',
    'drop_off',
    'layout',
    'bin_count',
  ),
  // Correlations.
  funnel_correlation_names: correlated,
  funnel_correlation_exclude_names: correlated,
  funnel_correlation_person_entity: entity,
  funnel_correlation_property_values: filters,
  ...harmlessAll(
    'funnel_correlation_type',
    'funnel_correlation_event_names',
    'funnel_correlation_exclude_event_names',
  ),
  ...harmlessAll('funnel_correlation_event_exclude_property_names', 'funnel_correlation_person_converted'),
  ...harmlessAll('funnel_correlation_person_limit', 'funnel_correlation_person_offset'),
};

/** Fields that ask about no property and no distinct id. */
function harmlessAll(...names: readonly string[]): Readonly<Record<string, Reading>> {
  return Object.fromEntries(names.map((name) => [name, harmless]));
}

/** Is a field of the catalogue declared here? Tests hold every schema to it. */
export const isDeclared = (field: string): boolean => Object.hasOwn(FIELDS, field);

/** Properties that the arguments of a write set or remove. Only for writes: elsewhere the same names are filters. */
export function writesOf(input: unknown): readonly string[] {
  if (!isJsonObject(input)) return [];
  const { key, $unset, properties } = input;
  const names = [key, $unset].filter((name) => typeof name === 'string');
  return isJsonObject(properties) ? [...names, ...Object.keys(properties)] : names;
}

/** What `search` looks in, beside distinct ids (PostHog contract §6.3, §6.4). */
const SEARCHED = ['email', 'name'];

/** Refuses a call that asks about what the grant hides. */
export function checkDisclosure(mentions: Mentions, grant: Grant): Failure | null {
  const { showsEverything, showsProperty, showsDistinctIds } = visibilityOf(grant);
  if (showsEverything) return null;
  const property = mentions.properties.find((name) => !showsProperty(name));
  if (property !== undefined) return hides(property);
  if (mentions.distinctIds && !showsDistinctIds) {
    return refused(
      'This token does not show distinct ids, so none can be asked for. Name persons by UUID.',
      'distinct_id',
    );
  }
  if (mentions.search && !(showsDistinctIds && SEARCHED.every((name) => showsProperty(name)))) {
    return refused(
      'search looks in email, name and distinct ids, and this token does not show all of them.',
      'search',
    );
  }
  return mentions.anything
    ? refused(
        'This asks for what PostHog defines (an action, a cohort, test accounts, a computed property) and may depend on ' +
          'properties that this token does not show. Use events and properties of your own choice.',
      )
    : null;
}

/** Refuses to change what is hidden, or what a slice is made of: nobody moves a person into or out of its slice. */
export function checkSliceWrite(properties: readonly string[], grant: Grant): Failure | null {
  const { showsProperty } = visibilityOf(grant);
  const made = properties.find((name) => grant.slices.some((slice) => slice.property === name));
  if (made !== undefined) {
    const detail = `${shown(made)} tells which persons this token covers, so it cannot change or remove it.`;
    return failure('not_sliceable', detail, shown(made));
  }
  const property = properties.find((name) => !showsProperty(name));
  return property === undefined ? null : hides(property);
}

const refused = (detail: string, attr: string | null = null) => failure('property_hidden', detail, attr);
const shown = (name: string) => name.slice(0, 100);
const hides = (property: string) =>
  refused(
    `This token does not show the property ${shown(property)}, so it cannot be asked about.`,
    shown(property),
  );
