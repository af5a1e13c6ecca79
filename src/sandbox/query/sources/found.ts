import type { Match } from '../../insights/actors.ts';
import type { Aggregation } from './aggregation.ts';

/** What a source gives, before persons are filtered, ordered and shown. */
export interface Found {
  readonly matches: readonly Match[];
  readonly aggregation: Aggregation;
  /** True for trends: each match has a number of events, and their distinct ids. */
  readonly isCounted: boolean;
}
