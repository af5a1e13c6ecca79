import { shift } from '../filters/dates.ts';
import type { Happening } from '../store/events.ts';
import { int, text } from '../wire/python.ts';
import { type Entity, parseEntities, parseExclusions } from './entity.ts';
import type { Actor } from './scene.ts';

/** How far each person got through a funnel (PostHog contract §6.4). */

type Order = 'ordered' | 'strict' | 'unordered';
type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month';

/** A funnel, as asked for. */
export interface Funnel {
  readonly steps: readonly Entity[];
  readonly exclusions: readonly Entity[];
  readonly order: Order;
  readonly window: readonly [number, Unit];
}

/** One way through: the deeds that took the steps, in the order of the steps. */
export type Run = readonly Happening[];

const ORDERS: readonly Order[] = ['ordered', 'strict', 'unordered'];
const UNITS: readonly Unit[] = ['minute', 'hour', 'day', 'week', 'month'];

/** Reads the steps, their order and the conversion window; 14 days if nothing is said. */
export function parseFunnel(dictionary: Record<string, unknown>): Funnel {
  const count = int(dictionary['funnel_window_interval'] ?? dictionary['funnel_window_days'], 14);
  const unit = UNITS.find((known) => known === text(dictionary['funnel_window_interval_unit'])) ?? 'day';
  return {
    steps: parseEntities(dictionary),
    exclusions: parseExclusions(dictionary),
    order: ORDERS.find((known) => known === dictionary['funnel_order_type']) ?? 'ordered',
    window: [count, unit],
  };
}

/** Until when a run that began at this moment may go on. */
export function deadline(funnel: Funnel, start: number): number {
  return shift(start, funnel.window[0], funnel.window[1]);
}

/** From one start: the first step there, each further one at the next deed that takes it; strictly, at the very next. */
function follow(funnel: Funnel, actor: Actor, deeds: readonly Happening[], start: number): Happening[] {
  const run: Happening[] = [];
  const until = deadline(funnel, deeds[start]?.at ?? 0);
  let at = start;
  for (const step of funnel.steps) {
    const last = funnel.order === 'strict' || run.length === 0 ? at + 1 : deeds.length;
    const found = deeds.findIndex(
      (deed, index) => index >= at && index < last && deed.at <= until && actor.did(step, deed),
    );
    const deed = deeds[found];
    if (deed === undefined) break;
    run.push(deed);
    at = found + 1;
  }
  return run;
}

/** From one start: every step anybody took inside the window, in whatever order, each deed counting once. */
function collect(funnel: Funnel, actor: Actor, deeds: readonly Happening[], start: number): Happening[] {
  const first = deeds[start];
  if (first === undefined || !funnel.steps.some((step) => actor.did(step, first))) return [];
  const until = deadline(funnel, first.at);
  const free = deeds.slice(start).filter((deed) => deed.at <= until);
  const run: Happening[] = [];
  for (const step of funnel.steps) {
    const found = free.findIndex((deed) => actor.did(step, deed));
    if (found !== -1) run.push(...free.splice(found, 1));
  }
  return run.toSorted((a, b) => a.at - b.at);
}

function isExcluded(funnel: Funnel, actor: Actor, run: Run): boolean {
  return funnel.exclusions.some((exclusion) => {
    const [from, to] = exclusion.between ?? [0, funnel.steps.length - 1];
    const [start, end] = [run[from], run[to]];
    if (start === undefined || end === undefined) return false;
    return actor.deeds.some((deed) => deed.at > start.at && deed.at < end.at && actor.did(exclusion, deed));
  });
}

/** Every run of a person over these deeds; none at all if an exclusion strikes one. */
export function runs(funnel: Funnel, actor: Actor, deeds: readonly Happening[]): Run[] {
  const walk = funnel.order === 'unordered' ? collect : follow;
  const found = deeds.map((_, start) => walk(funnel, actor, deeds, start)).filter((run) => run.length > 0);
  return found.some((run) => isExcluded(funnel, actor, run)) ? [] : found;
}

/** The run that got furthest, the earliest of those. */
export function furthest(found: readonly Run[]): Run | undefined {
  return found.toSorted((a, b) => b.length - a.length)[0];
}
