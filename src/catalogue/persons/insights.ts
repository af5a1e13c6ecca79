/**
 * Operations that answer with the persons behind an insight. PostHog refuses them to every key with a scope list, and
 * newer generations dropped two of them (PostHog contract §1, §3): its answer is passed on.
 */
import * as z from 'zod';
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
  reply: actorsReply,
} as const;

const WINDOW = 'The last 7 days unless `date_from` and `date_to` say otherwise.';
const FOLLOW = 'Follow `next` until it is null.';

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
    doc: {
      summary: 'List the persons at a step of a funnel',
      description: `\`funnel_step\` n: reached step n; -n: reached the one before, not this. ${WINDOW} ${FOLLOW}`,
      example: { events: [signedUp, paid], funnel_step: 1, date_from: '-14d' },
    },
  }),
  forwarding({
    ...insight,
    id: 'persons_funnel_correlation',
    path: 'funnel/correlation',
    methods: ['GET', 'POST'],
    place: 'either',
    input: CorrelationInput,
    reply: correlationReply,
    doc: {
      summary: 'List the persons behind a funnel correlation',
      description: `Generation A only; later ones answer 404. ${FOLLOW}`,
      example: {
        events: [signedUp, paid],
        funnel_correlation_person_entity: { id: 'watched video', type: 'events' },
        funnel_correlation_person_converted: 'true',
      },
    },
  }),
  forwarding({
    ...insight,
    id: 'persons_lifecycle',
    ownersProject: ['A'],
    path: 'lifecycle',
    input: LifecycleInput,
    doc: {
      summary: 'List the persons of one lifecycle state on a day',
      description: `${WINDOW} ${FOLLOW}`,
      example: {
        events: [{ id: '$pageview', type: 'events' }],
        target_date: '2026-01-05',
        lifecycle_type: 'new',
      },
    },
  }),
  forwarding({
    ...insight,
    id: 'persons_stickiness',
    ownersProject: ['A'],
    path: 'stickiness',
    input: StickinessInput,
    doc: {
      summary: 'List the persons who were active on that many days',
      description: `Generation A only; later ones take the path for a person and answer 400. ${WINDOW} ${FOLLOW}`,
      example: {
        events: [{ id: '$pageview', type: 'events' }],
        entity_id: '$pageview',
        entity_type: 'events',
        stickiness_days: 2,
      },
    },
  }),
  forwarding({
    ...insight,
    id: 'persons_trends',
    path: 'trends',
    input: TrendsInput,
    doc: {
      summary: 'List the persons behind a point of a trend',
      description: `\`value_at_data_point\` is the number of events. ${WINDOW} ${FOLLOW}`,
      example: {
        events: [{ id: '$pageview', type: 'events' }],
        entity_id: '$pageview',
        entity_type: 'events',
      },
    },
  }),
  forwarding({
    ...insight,
    id: 'persons_properties_timeline',
    slicing: { kind: 'named', by: 'path', form: 'group' },
    path: ':id/properties_timeline',
    input: z.strictObject({ ...insightFields, ...breakdownFields }),
    reply: timelineReply,
    doc: {
      summary: "See how a person's properties changed along an insight",
      description: WINDOW,
      example: { events: [{ id: '$pageview', type: 'events' }] },
    },
  }),
];
