/**
 * Refuses a call that refers to what its grant hides. A filter, a search or a breakdown on a hidden property tells the
 * property without showing it, because a count is an answer too. Each field of the catalogue says what it refers to.
 */
import type { Call } from '../catalogue/operation.ts';
import { personProperty } from '../catalogue/fields/reference-rules.ts';
import { combined, referencesOf, type References } from '../catalogue/fields/references.ts';
import { failure, type Failure } from '../core/failure.ts';
import type { Grant } from './grant.ts';
import { visibilityOf } from './visibility.ts';

/** What the arguments of a call, the columns of its table and its answer refer to. */
export function referencesOfCall(call: Pick<Call, 'operation' | 'arguments' | 'format'>): References {
  const { operation, arguments: given, format } = call;
  const columns = format.kind === 'csv' ? format.columns.map((name) => personProperty(name, {})) : [];
  return combined([referencesOf(operation.input, given), ...columns, operation.reply.refersTo]);
}

/** Refuses a call that refers to what its grant hides, or that changes what a slice is made of. */
export function checkReferences(call: Call, grant: Grant): Failure | null {
  if (grant.slices.length === 0 && visibilityOf(grant).showsEverything) return null;
  const references = referencesOfCall(call);
  return (
    checkDisclosure(references, grant) ??
    (call.operation.effect === 'write' ? checkSliceWrite(references, grant) : null)
  );
}

/** PostHog looks for the text of `search` in these, and in distinct ids (PostHog contract §6.3, §6.4). */
const SEARCHED = ['email', 'name'];

export function checkDisclosure(references: References, grant: Grant): Failure | null {
  const { showsEverything, showsProperty, showsDistinctIds } = visibilityOf(grant);
  if (showsEverything) return null;
  const property = references.properties.find((name) => !isShown(name, grant));
  if (property !== undefined) return hides(property);
  if (references.distinctIds && !showsDistinctIds) {
    return refused(
      'This token does not show distinct ids, so none can be asked for. Name persons by UUID.',
      'distinct_id',
    );
  }
  if (references.search && !(showsDistinctIds && SEARCHED.every((name) => showsProperty(name)))) {
    return refused(
      'search looks in email, name and distinct ids, and this token does not show all of them.',
      'search',
    );
  }
  return references.anything
    ? refused(
        'This asks for what PostHog defines (an action, a cohort, test accounts, a computed property) and may depend on ' +
          'properties that this token does not show. Use events and properties of your own choice.',
      )
    : null;
}

/**
 * Refuses to change what is hidden, or what a slice is made of: no call moves a person into or out of a slice.
 * A call that changes persons refers to the properties it sets or removes, and to no others.
 */
export function checkSliceWrite(references: References, grant: Grant): Failure | null {
  const made = references.properties.find((name) => grant.slices.some((slice) => slice.property === name));
  if (made !== undefined) {
    const detail = `${shown(made)} tells which persons this token covers, so it cannot change or remove it.`;
    return failure('not_sliceable', detail, shown(made));
  }
  return references.anything && grant.slices.length > 0
    ? failure('not_sliceable', 'This may change the property that tells which persons this token covers.')
    : null;
}

/** Signs by which PostHog, in some generation, could read one name as a path to another property. */
const PATH_SIGNS = /[.`[\]"']|__/;

/** Is the property shown, and is none hidden that the name could be read as a path to? */
function isShown(name: string, grant: Grant): boolean {
  const parts = PATH_SIGNS.test(name) ? name.split(PATH_SIGNS) : [];
  return visibilityOf(grant).showsProperty(name) && !parts.some((part) => grant.hidden.includes(part));
}

const refused = (detail: string, attr: string | null = null) => failure('property_hidden', detail, attr);
const shown = (name: string) => name.slice(0, 100);
const hides = (property: string) =>
  refused(
    `This token does not show the property ${shown(property)}, so it cannot be asked about.`,
    shown(property),
  );
