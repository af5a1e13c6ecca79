/**
 * Operations that answer with the persons behind an insight. PostHog removed them from its persons API (corrections §1),
 * so the gateway asks its Query API and answers as the persons API did.
 */
import * as z from 'zod/mini';
import { forwarding } from '../define.ts';
import { breakdownFields, INSIGHT_EXTRAS, insightFields } from '../fields/insight.ts';
import type { Operation } from '../operation.ts';
import { actorsReply, correlationReply, timelineReply } from '../replies.ts';
import {
  CorrelationInput,
  FunnelInput,
  LifecycleInput,
  StickinessInput,
  TrendsInput,
} from './insight-inputs.ts';

const insight = {
  effect: 'read',
  delivery: 'slow',
  slicing: { kind: 'filtered', form: 'group' },
  ownersProject: [],
  scopes: ['insight:read'],
  methods: ['GET'],
  place: 'query',
  dropped: INSIGHT_EXTRAS,
  route: { kind: 'query', legacyIn: ['A'], envelope: 'full' },
  reply: actorsReply,
} as const;

/** What the nested path of these fails on in every generation (PostHog contract §10, 4), so only a query answers them. */
const queryOnly = { ...insight, route: { kind: 'query', legacyIn: [], envelope: 'short' } } as const;

const signedUp = { id: 'signed up', type: 'events', order: 0 } as const;
const paid = { id: 'paid', type: 'events', order: 1 } as const;

export const INSIGHTS: readonly Operation[] = [
  forwarding({
    ...insight,
    id: 'persons_funnel',
    path: 'funnel',
    methods: ['GET', 'POST'],
    place: 'either',
    input: FunnelInput,
    example: { events: [signedUp, paid], funnel_step: 1, date_from: '-14d' },
  }),
  forwarding({
    ...insight,
    id: 'persons_funnel_correlation',
    path: 'funnel/correlation',
    methods: ['GET', 'POST'],
    place: 'either',
    input: CorrelationInput,
    reply: correlationReply,
    example: {
      events: [signedUp, paid],
      funnel_correlation_person_entity: { id: 'watched video', type: 'events' },
      funnel_correlation_person_converted: 'true',
    },
  }),
  forwarding({
    ...queryOnly,
    id: 'persons_lifecycle',
    path: 'lifecycle',
    input: LifecycleInput,
    example: {
      events: [{ id: '$pageview', type: 'events' }],
      target_date: '2026-01-05',
      lifecycle_type: 'new',
    },
  }),
  forwarding({
    ...queryOnly,
    id: 'persons_stickiness',
    path: 'stickiness',
    input: StickinessInput,
    example: {
      events: [{ id: '$pageview', type: 'events' }],
      entity_id: '$pageview',
      entity_type: 'events',
      stickiness_days: 2,
    },
  }),
  forwarding({
    ...insight,
    id: 'persons_trends',
    path: 'trends',
    input: TrendsInput,
    example: {
      events: [{ id: '$pageview', type: 'events' }],
      entity_id: '$pageview',
      entity_type: 'events',
    },
  }),
  forwarding({
    ...insight,
    id: 'persons_properties_timeline',
    route: {
      kind: 'persons',
      absentIn: ['B', 'C'],
      because: 'removed',
      instead: 'What a person was like at one moment is at properties_at_time.',
    },
    slicing: { kind: 'named', by: 'path', form: 'group' },
    path: ':id/properties_timeline',
    input: () => z.strictObject({ ...insightFields(), ...breakdownFields() }),
    reply: timelineReply,
    example: { events: [{ id: '$pageview', type: 'events' }] },
  }),
];
