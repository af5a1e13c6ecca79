import { serverError } from '../../wire/errors.ts';
import { isRecord, text } from '../../wire/python.ts';
import type { Actor } from '../../insights/scene.ts';
import type { Happening } from '../../store/events.ts';
import { own } from '../../store/json.ts';
import type { BreakdownFilter } from '../schema/insights.ts';
import { unsupported } from '../unsupported.ts';

/** Which slice of a breakdown is asked for (PostHog query contract §3.5). */

type SliceTest = (actor: Actor, deed: Happening) => boolean;

interface Dimension {
  readonly property: string;
  readonly type: string;
  readonly isHistogram: boolean;
}

/** A property that is not set. */
const NOT_SET = '$$_posthog_breakdown_null_$$';
/** Everything beyond the breakdown's limit: the actors of it are not resolved, so it asks for everybody. */
const OTHER = '$$_posthog_breakdown_other_$$';

function dimensionsOf(filter: BreakdownFilter): Dimension[] {
  const several = filter.breakdowns ?? [];
  if (several.length > 0) {
    return several.map((one) => ({
      property: text(one.property),
      type: one.type ?? 'event',
      isHistogram: typeof one.histogram_bin_count === 'number',
    }));
  }
  const { breakdown } = filter;
  if (breakdown === null || breakdown === undefined) return [];
  const type = filter.breakdown_type ?? 'event';
  const isHistogram = typeof filter.breakdown_histogram_bin_count === 'number';
  // A list of cohorts is one dimension, a list of properties is several.
  if (type === 'cohort') return [{ property: '', type, isHistogram: false }];
  const properties = Array.isArray(breakdown) ? breakdown : [breakdown];
  return properties.map((property) => ({ property: text(property), type, isHistogram }));
}

/** A bin of a histogram, `[from,to]`; anything else crashes upstream. */
function binTest(wanted: string): (value: string) => boolean {
  const bounds = /^\[(-?[\d.]+), ?(-?[\d.]+)\]$/.exec(wanted);
  if (bounds === null) throw serverError();
  const [from, to] = [Number(bounds[1]), Number(bounds[2])];
  return (value) => value !== '' && Number(value) >= from && Number(value) < to;
}

function dimensionTest(dimension: Dimension, wanted: string): SliceTest {
  const { property, type, isHistogram } = dimension;
  if (wanted === OTHER) return () => true;
  if (type === 'cohort') {
    if (wanted === 'all' || wanted === '0') return () => true;
    return (actor) => actor.cohorts.has(Number(wanted));
  }
  if (type !== 'event' && type !== 'person') throw unsupported(`breaks nothing down by ${type}`);
  const matches = wanted === NOT_SET ? isNotSet : isHistogram ? binTest(wanted) : isText(wanted);
  return (actor, deed) =>
    matches(text(own(type === 'person' ? actor.person.properties : deed.properties, property)));
}

const isNotSet = (value: string): boolean => value === '';
const isText =
  (wanted: string) =>
  (value: string): boolean =>
    value === wanted;

/** Makes the test of a slice; without a breakdown or without a value everything lies in it. */
export function sliceTest(filter: BreakdownFilter | null | undefined, wanted: unknown): SliceTest {
  const dimensions = isRecord(filter) ? dimensionsOf(filter) : [];
  if (dimensions.length === 0 || wanted === null || wanted === undefined) return () => true;
  const values = (Array.isArray(wanted) ? wanted : [wanted]).map(text);
  if (values.length !== dimensions.length) return () => false;
  const tests = dimensions.map((dimension, index) => dimensionTest(dimension, values[index] ?? ''));
  return (actor, deed) => tests.every((test) => test(actor, deed));
}
