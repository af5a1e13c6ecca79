/**
 * The nodes of PostHog's queries that the gateway writes (query contract §2, §3), and nothing else of them. They are type
 * aliases, so that a document is a `JsonObject` without a cast.
 */

/** Text that PostHog compares as a constant. */
export type FilterValue = string | readonly string[];

export type FilterLeaf = {
  readonly type: 'event' | 'person';
  readonly key: string;
  readonly operator: string;
  readonly value: FilterValue;
};

export type FilterGroup = {
  readonly type: 'AND' | 'OR';
  readonly values: readonly FilterGroup[] | readonly FilterLeaf[];
};

/** PostHog's schema wants groups on the first level of a group. */
export type FilterTree = { readonly type: 'AND' | 'OR'; readonly values: readonly FilterGroup[] };

type Counted = {
  readonly properties?: readonly FilterLeaf[];
  readonly math?: string;
  readonly math_property?: string;
};
/** `null` is any event. */
export type EventsNode = Counted & { readonly kind: 'EventsNode'; readonly event: string | null };
export type ActionsNode = Counted & { readonly kind: 'ActionsNode'; readonly id: number };
export type SeriesNode = EventsNode | ActionsNode;

export type DateRange = {
  readonly date_from: string;
  readonly date_to?: string;
  readonly explicitDate?: true;
};

/** PostHog's queries have no shorter interval. */
export type Interval = 'hour' | 'day' | 'week' | 'month';

/** What every insight has. */
export type CommonNode = {
  readonly series: readonly SeriesNode[];
  readonly dateRange: DateRange;
  readonly interval: Interval;
  readonly properties?: readonly FilterLeaf[] | FilterTree;
  readonly filterTestAccounts?: true;
  readonly samplingFactor?: number;
};

export type BreakdownFilter = {
  readonly breakdown: string;
  readonly breakdown_type: 'event' | 'person';
  readonly breakdown_limit?: number;
};

/** Steps are counted from 0. */
export type Exclusion = SeriesNode & { readonly funnelFromStep: number; readonly funnelToStep: number };

export type FunnelsFilter = {
  readonly funnelOrderType: 'ordered' | 'strict' | 'unordered';
  readonly funnelWindowInterval: number;
  readonly funnelWindowIntervalUnit: 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month';
  readonly exclusions?: readonly Exclusion[];
  readonly breakdownAttributionType?: 'first_touch' | 'last_touch' | 'all_events' | 'step';
  readonly breakdownAttributionValue?: number;
  readonly funnelVizType?: 'trends';
  readonly funnelFromStep?: number;
  readonly funnelToStep?: number;
};

export type FunnelsQuery = CommonNode & {
  readonly kind: 'FunnelsQuery';
  readonly funnelsFilter: FunnelsFilter;
  readonly breakdownFilter?: BreakdownFilter;
};

/** Which persons of a funnel: those of a step, or those of a point of its trend. */
export type FunnelPoint =
  | { readonly funnelStep: number; readonly funnelStepBreakdown?: readonly string[] }
  | {
      readonly funnelTrendsEntrancePeriodStart: string;
      readonly funnelTrendsDropOff: boolean;
      readonly funnelStepBreakdown?: readonly string[];
    };

export type FunnelsActorsQuery = FunnelPoint & {
  readonly kind: 'FunnelsActorsQuery';
  readonly source: FunnelsQuery;
};

export type FunnelCorrelationActorsQuery = {
  readonly kind: 'FunnelCorrelationActorsQuery';
  readonly funnelCorrelationPersonConverted?: boolean;
  readonly funnelCorrelationPersonEntity?: EventsNode;
  readonly funnelCorrelationPropertyValues?: readonly FilterLeaf[];
  readonly source: {
    readonly kind: 'FunnelCorrelationQuery';
    readonly funnelCorrelationType: 'events' | 'properties' | 'event_with_properties';
    readonly source: FunnelsActorsQuery;
  };
};

export type LifecycleActorsQuery = {
  readonly kind: 'InsightActorsQuery';
  readonly day: string;
  readonly status: 'new' | 'returning' | 'resurrecting' | 'dormant';
  readonly source: CommonNode & { readonly kind: 'LifecycleQuery' };
};

export type StickinessActorsQuery = {
  readonly kind: 'StickinessActorsQuery';
  readonly day: number;
  readonly source: CommonNode & { readonly kind: 'StickinessQuery' };
};

/** Without a `day` the display has to be of one value for the whole range; with a `day` it has to be a line. */
export type TrendsActorsQuery = {
  readonly kind: 'InsightActorsQuery';
  readonly series: 0;
  readonly day?: string;
  readonly breakdown?: string;
  readonly source: CommonNode & {
    readonly kind: 'TrendsQuery';
    readonly trendsFilter?: { readonly display: 'ActionsBarValue' };
    readonly breakdownFilter?: BreakdownFilter;
  };
};

export type Source =
  | FunnelsActorsQuery
  | FunnelCorrelationActorsQuery
  | LifecycleActorsQuery
  | StickinessActorsQuery
  | TrendsActorsQuery;

/** A filter of the slice: persons as they are now. */
export type SliceLeaf = {
  readonly type: 'person';
  readonly key: string;
  readonly operator: 'exact';
  readonly value: FilterValue;
};

/** `select` and `orderBy` are SQL for PostHog: constants of ours, never text of a client. */
export type ActorsQuery = {
  readonly kind: 'ActorsQuery';
  readonly select: readonly ('actor' | 'event_count')[];
  readonly orderBy: readonly ('actor_id ASC' | 'event_count DESC' | 'actor_id DESC')[];
  readonly limit: number;
  readonly offset: number;
  readonly search?: string;
  readonly fixedProperties?: readonly SliceLeaf[];
  readonly source: Source;
};
