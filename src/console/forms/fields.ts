/** The members of a tenant's record, as a form asks for them. Bounds come from the schema that the gateway checks with. */
import { inputSchema } from '../../openapi/schema.ts';
import { TenantDocument } from '../../contract/tenant.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { lazily } from '../../core/lazily.ts';

export type FieldKind =
  | 'text'
  | 'number'
  | 'flag'
  | 'scopes'
  /** One text a line. */
  | 'lines'
  /** One text a line: a text where it is one, a list where there are more. */
  | 'value'
  /** `hidden`, or not there. */
  | 'hidden';

export interface Field {
  /** Where it is in the record: `rate.burst`. Refusals of the gateway name it so. */
  readonly path: string;
  readonly label: string;
  readonly kind: FieldKind;
  readonly unit?: string;
  readonly help?: string;
  /** May be left empty: then the record does not have it. */
  readonly optional?: true;
}

export interface FieldGroup {
  readonly title: string;
  readonly lead?: string;
  readonly fields: readonly Field[];
}

export const FIELD_GROUPS: readonly FieldGroup[] = [
  {
    title: 'Who it is',
    fields: [
      { path: 'name', label: 'Name', kind: 'text' },
      {
        path: 'project_id',
        label: 'PostHog project',
        kind: 'number',
        help: 'The number in the address of the project in PostHog.',
      },
    ],
  },
  {
    title: 'Scopes',
    lead: 'What its tokens may do at most.',
    fields: [{ path: 'scopes', label: 'Scopes', kind: 'scopes' }],
  },
  {
    title: 'Slice',
    lead: 'The part of the project’s persons that it covers. Both empty: the whole project.',
    fields: [
      {
        path: 'slice.property',
        label: 'Property',
        kind: 'text',
        optional: true,
        help: 'A person property, like tenant_id.',
      },
      {
        path: 'slice.value',
        label: 'Values',
        kind: 'value',
        optional: true,
        help: 'One a line. A text with a letter in it, like acme.',
      },
    ],
  },
  {
    title: 'What it sees',
    fields: [
      {
        path: 'properties.hidden',
        label: 'Hidden properties',
        kind: 'lines',
        optional: true,
        help: 'One a line.',
      },
      {
        path: 'properties.visible',
        label: 'Only these properties',
        kind: 'lines',
        optional: true,
        help: 'One a line. Empty: all that are not hidden.',
      },
      { path: 'properties.distinct_ids', label: 'Hide distinct ids', kind: 'hidden', optional: true },
      { path: 'split_out_of_slice', label: 'A split may leave distinct ids outside the slice', kind: 'flag' },
    ],
  },
  {
    title: 'Rate',
    fields: [
      { path: 'rate.requests_per_minute', label: 'Requests', kind: 'number', unit: 'a minute' },
      { path: 'rate.burst', label: 'At once', kind: 'number', unit: 'requests' },
      {
        path: 'weight',
        label: 'Weight',
        kind: 'number',
        help: 'Its share of PostHog’s quota beside the other tenants of the project.',
      },
      {
        path: 'reads.remember_seconds',
        label: 'Remember answers',
        kind: 'number',
        unit: 'seconds',
        help: '0 asks PostHog each time.',
      },
    ],
  },
  {
    title: 'Deletions',
    fields: [
      { path: 'deletes.persons_per_day', label: 'Budget', kind: 'number', unit: 'persons in 24 hours' },
      {
        path: 'deletes.calls_per_minute',
        label: 'Pace',
        kind: 'number',
        unit: 'calls a minute',
        optional: true,
      },
      { path: 'deletes.hold_seconds', label: 'Undo window', kind: 'number', unit: 'seconds' },
      {
        path: 'deletes.preview_over',
        label: 'Preview above',
        kind: 'number',
        unit: 'persons',
        optional: true,
      },
      {
        path: 'deletes.approval_over',
        label: 'Approval above',
        kind: 'number',
        unit: 'persons',
        optional: true,
      },
      {
        path: 'deletes.keep_ids_days',
        label: 'Keep ids',
        kind: 'number',
        unit: 'days',
        optional: true,
        help: 'Empty: for ever.',
      },
      { path: 'deletes.events', label: 'May delete events along', kind: 'flag' },
      { path: 'deletes.recordings', label: 'May delete recordings along', kind: 'flag' },
    ],
  },
  {
    title: 'Web pages',
    fields: [
      {
        path: 'origins',
        label: 'Origins',
        kind: 'lines',
        help:
          'One a line, like https://app.example.com, or a pattern like https://*.previews.example.com. Pages of these may ' +
          'use its tokens. Where others can register names that a pattern matches, theirs may too.',
      },
      {
        path: 'own_origins.max',
        label: 'Origins of its own',
        kind: 'number',
        help: 'How many it may add by itself. 0: none.',
      },
      {
        path: 'own_origins.patterns',
        label: 'Patterns of its own lie within',
        kind: 'lines',
        help: 'One a line, like https://acme-*.vercel.app. Empty: it adds no patterns.',
      },
      {
        path: 'own_origins.localhost',
        label: 'May let pages on localhost in, for a week at most',
        kind: 'flag',
      },
    ],
  },
];

export const FIELDS: readonly Field[] = FIELD_GROUPS.flatMap(({ fields }) => fields);

/** `Requests a minute`, for a table of changes. */
export const fieldTitle = ({ label, unit }: Field): string =>
  unit === undefined ? label : `${label}, ${unit}`;

/** The bounds that a form can hold by itself. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly maxlength?: number;
}

const schema = lazily(() => inputSchema(TenantDocument()));

/** Bounds of a member, read from the schema. */
export function boundsOf(path: string): Bounds {
  const member = memberAt(schema(), path.split('.'));
  const number = (name: string): number | undefined => {
    const value = member?.[name];
    return typeof value === 'number' ? value : undefined;
  };
  return definedOf({ min: number('minimum'), max: number('maximum'), maxlength: number('maxLength') });
}

/** What a member is where a record does not name it. */
export const defaultOf = (path: string): unknown => memberAt(schema(), path.split('.'))?.['default'];

const definedOf = (bounds: Readonly<Record<keyof Bounds, number | undefined>>): Bounds =>
  Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined));

function memberAt(from: object, path: readonly string[]): JsonObject | null {
  let at: unknown = from;
  for (const part of path) {
    const properties: unknown = isJsonObject(at) ? objectIn(at)['properties'] : null;
    at = isJsonObject(properties) ? properties[part] : null;
  }
  return isJsonObject(at) ? objectIn(at) : null;
}

/** A member that may be null is one of several. */
function objectIn(at: JsonObject): JsonObject {
  const choices: unknown = at['anyOf'];
  const choice: unknown = Array.isArray(choices)
    ? choices.find((one: unknown) => isJsonObject(one) && one['type'] !== 'null')
    : at;
  return isJsonObject(choice) ? choice : at;
}
