/** What a run is asked to do. */
import { parseArgs } from 'node:util';
import { PAGE_KINDS, type PageKind } from './page-targets.ts';

export interface Options {
  /** Seconds each target is loaded for, in each round at each concurrency. */
  readonly seconds: number;
  /** How often each target is measured at each concurrency. */
  readonly rounds: number;
  /** Connections kept busy at once, one after the other. */
  readonly concurrencies: readonly number[];
  /** Gateway bundles built elsewhere, measured beside this one: before and after a change. */
  readonly also: readonly { readonly name: string; readonly bundle: string }[];
  /** Starts of each Worker; 0 measures none. */
  readonly starts: number;
  /** Nothing is measured: the gateway is loaded for `seconds`, and where its CPU goes is told. */
  readonly profile: boolean;
  /** Which large page is profiled; null for the page of every target. */
  readonly page: PageKind | null;
}

const CONCURRENCIES = '1,16,64';

/** @throws when a flag is unknown or a number is not one. */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      concurrency: { type: 'string', default: CONCURRENCIES },
      also: { type: 'string', multiple: true, default: [] },
      starts: { type: 'string' },
      profile: { type: 'boolean', default: false },
      page: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const usual = values.quick ? { seconds: 1, rounds: 2, starts: 5 } : { seconds: 5, rounds: 5, starts: 15 };
  return {
    seconds: whole('seconds', values.seconds, usual.seconds, 1),
    rounds: whole('rounds', values.rounds, usual.rounds, 1),
    starts: whole('starts', values.starts, usual.starts, 0),
    concurrencies: values.concurrency.split(',').map((text) => whole('concurrency', text, 1, 1)),
    also: values.also.map(bundleOf),
    profile: values.profile,
    page: pageKindOf(values.page, values.profile),
  };
}

function whole(name: string, text: string | undefined, otherwise: number, min: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isInteger(value) && value >= min) return value;
  throw new Error(`--${name} must be a whole number, ${min} or more`);
}

/** Only a profile is of one kind of page: everything else measures all of them. */
function pageKindOf(text: string | undefined, profile: boolean): PageKind | null {
  if (text === undefined) return null;
  if (!profile) throw new Error('--page goes with --profile: a run measures every kind of page');
  const kind = PAGE_KINDS.find((each) => each === text);
  if (kind === undefined) throw new Error(`--page must be one of ${PAGE_KINDS.join(', ')}`);
  return kind;
}

/** `name=path`. */
function bundleOf(text: string): { name: string; bundle: string } {
  const [, name, bundle] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || bundle === undefined) throw new Error('--also must be name=path/to/index.js');
  return { name, bundle };
}
