/** The rules by which fields refer to person properties and distinct ids (PostHog contract §6, §8). */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { ANYTHING, NO_REFERENCES, type ReferenceRule, type References } from './references.ts';

/** The field refers to no person property and to no distinct id. */
export const none: ReferenceRule = () => NO_REFERENCES;

/** PostHog defines what the value stands for (an action, a cohort), and the gateway cannot see it. */
export const anything: ReferenceRule = () => ANYTHING;

export const search: ReferenceRule = () => ({ ...NO_REFERENCES, search: true });

export const distinctIds: ReferenceRule = () => ({ ...NO_REFERENCES, distinctIds: true });

/** The value is compared with the e-mail address of a person. */
export const emailProperty: ReferenceRule = () => ({ ...NO_REFERENCES, properties: ['email'] });

/** PostHog computes these from other properties of the person. */
const COMPUTED = /^\$virt/i;

/** PostHog answers the person property `distinct_id` from its distinct-id table; other spellings are not risked. */
const DISTINCT_ID = /distinct_?id/i;

const personProperties = (names: readonly string[]): References => ({
  properties: names,
  search: false,
  distinctIds: names.some((name) => DISTINCT_ID.test(name)),
  anything: names.some((name) => COMPUTED.test(name)),
});

/** The value is the name of a person property. */
export const personProperty: ReferenceRule = (name) =>
  typeof name === 'string' || typeof name === 'number' ? personProperties([String(name)]) : ANYTHING;

/** The names of the members are the names of person properties. */
export const personPropertyMembers: ReferenceRule = (properties, siblings) =>
  isJsonObject(properties) ? personProperties(Object.keys(properties)) : anything(properties, siblings);

/** Event properties under which PostHog's libraries send distinct ids, in any of their spellings. */
const ID_IN_EVENT = /distinct_?id|(?:user|device|anon|anonymous|identified)_?id|alias/i;

/** Event properties that hold what the event set on its person, and those that PostHog computes. */
const PERSON_IN_EVENT = /^\$(?:set|unset|virt)/i;

/** The value is the name of an event property. */
export const eventProperty: ReferenceRule = (name, siblings) => {
  if (typeof name === 'number') return NO_REFERENCES;
  if (typeof name !== 'string' || PERSON_IN_EVENT.test(name)) return anything(name, siblings);
  return ID_IN_EVENT.test(name) ? distinctIds(name, siblings) : NO_REFERENCES;
};

/** The sibling `field` says whether this is a person or an event property. PostHog assumes event. */
export const propertyOfType =
  (field: string): ReferenceRule =>
  (name, siblings) => {
    switch (typeOf(siblings, field)) {
      case 'event':
        return eventProperty(name, siblings);
      case 'person':
        return personProperty(name, siblings);
      default:
        return anything(name, siblings);
    }
  };

const typeOf = (siblings: JsonObject, field: string): Json => siblings[field] ?? 'event';

/** An action is defined in PostHog, by conditions on persons too. */
export const eventsOnly: ReferenceRule = (type, siblings) =>
  type === 'events' ? NO_REFERENCES : anything(type, siblings);

/** The project's own filter, often on e-mail addresses, is defined in PostHog. */
export const testAccounts: ReferenceRule = (filtered, siblings) =>
  filtered === false ? NO_REFERENCES : anything(filtered, siblings);

/**
 * Names are event or person properties, depending on `funnel_correlation_type`; without a type, either.
 * `$all` is every property there is.
 */
export const correlationName: ReferenceRule = (name, siblings) => {
  const { funnel_correlation_type: type } = siblings;
  if (type === 'events' || type === 'event_with_properties') return NO_REFERENCES;
  return name === '$all' ? anything(name, siblings) : personProperty(name, siblings);
};
