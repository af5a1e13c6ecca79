/** Alarms: what the operator is to look at, and whether it was told. */
import * as z from 'zod/mini';
import { anyJson, oneOf } from '../../catalogue/fields/values.ts';
import { ALARM_KINDS } from '../../core/alarms/condition.ts';
import { AlarmId, TenantId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';
import { moment, tableQuery } from '../listing.ts';

export const DELIVERY_STATES = [
  'pending',
  'delivered',
  'given_up',
  'endpoint_gone',
  'not_configured',
] as const;

const Delivery = () =>
  z.object({
    state: z.enum(DELIVERY_STATES).register(z.globalRegistry, {
      description:
        '`pending`: it is sent until the webhook takes it. `given_up`: it did not, for three days. `endpoint_gone`: it ' +
        'answered 410, and nothing is sent until it is configured otherwise. `not_configured`: there is no webhook.',
    }),
    attempts: z.int(),
    last_status: z.nullable(z.int()).register(z.globalRegistry, {
      description: 'That the webhook answered last; null where it never did.',
    }),
    next_attempt_at: z.nullable(z.iso.datetime()),
  });

export const Alarm = lazily(() =>
  z
    .object({
      id: AlarmId.clone().register(z.globalRegistry, {
        description: 'Also the `webhook-id` of the message, each time it is sent.',
      }),
      kind: z.enum(ALARM_KINDS),
      at: z.iso.datetime().register(z.globalRegistry, { description: 'When it was raised first.' }),
      tenant: z.nullable(TenantId),
      count: z.int().register(z.globalRegistry, {
        description:
          'How often it was raised: rows of `foreign_rows`, requests of a key or a PostHog that fails.',
      }),
      message: z.string(),
      details: z.record(z.string(), anyJson()),
      delivery: Delivery(),
    })
    .register(z.globalRegistry, { id: 'Alarm' }),
);
export type Alarm = z.output<ReturnType<typeof Alarm>>;

/** What the webhook answered to a message that an operator asked for. */
export const AlarmTest = /* @__PURE__ */ lazily(() =>
  z
    .object({
      alarm: Alarm(),
      answer: z
        .nullable(
          z.object({
            status: z.nullable(z.int()),
            problem: z.nullable(z.enum(['timeout', 'unreachable', 'redirect', 'refused'])),
          }),
        )
        .register(z.globalRegistry, {
          description: 'Null where nothing was sent: there is no webhook, or it is gone.',
        }),
    })
    .register(z.globalRegistry, { id: 'AlarmTest' }),
);
export type AlarmTest = z.output<ReturnType<typeof AlarmTest>>;

export const ALARM_COLUMNS = lazily((): readonly string[] => Object.keys(Alarm().shape));

/** Where a page starts. Opaque to clients. */
export const AlarmCursor = lazily(() => z.string().check(z.regex(/^[1-9][0-9]{0,14}$/)));

export const AlarmQuery = lazily(() =>
  z.extend(tableQuery(AlarmCursor()), {
    kind: z.optional(oneOf(ALARM_KINDS)),
    tenant: z.optional(TenantId),
    since: z.optional(moment()).register(z.globalRegistry, { description: 'Raised at this time or later.' }),
  }),
);
export type AlarmQuery = z.output<ReturnType<typeof AlarmQuery>>;
