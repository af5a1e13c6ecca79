/** The audit log: which changes operators asked for, and how each ended. */
import * as z from 'zod/mini';
import { anyJson, oneOf } from '../../catalogue/fields/values.ts';
import { TenantId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';
import { OperatorName, ROLES } from '../../core/operators.ts';
import { moment, tableQuery } from '../listing.ts';

export const CHANGE_OUTCOMES = ['made', 'refused', 'unknown'] as const;

const members = (description: string) =>
  z.nullable(z.record(z.string(), anyJson())).register(z.globalRegistry, { description });

export const OperatorChange = lazily(() =>
  z
    .object({
      id: z
        .int()
        .register(z.globalRegistry, { description: 'Counts up, in the order in which operators asked.' }),
      at: z.iso.datetime(),
      operator: OperatorName,
      role: z.enum(ROLES).register(z.globalRegistry, { description: 'That the operator had then.' }),
      request_id: z.string(),
      action: z.string().register(z.globalRegistry, { description: 'The `operationId` of the route.' }),
      tenant: z.nullable(TenantId),
      subject: z
        .nullable(z.string())
        .register(z.globalRegistry, { description: 'The token or the deletion that the path names.' }),
      outcome: z.enum(CHANGE_OUTCOMES).register(z.globalRegistry, {
        description:
          '`unknown`: the end was not written down, or is a failure. The change may have been made or not.',
      }),
      ended_at: z.nullable(z.iso.datetime()),
      code: z.nullable(z.string()).register(z.globalRegistry, {
        description: 'Of the refusal or the failure; null where there was none.',
      }),
      before: members(
        'Members that the change made other than they were, as they were. Null where nothing was there before.',
      ),
      after: members(
        'The same members as they are since. Never a token itself. Null where nothing is there since.',
      ),
    })
    .register(z.globalRegistry, { id: 'OperatorChange' }),
);
export type OperatorChange = z.output<ReturnType<typeof OperatorChange>>;

export const CHANGE_COLUMNS = lazily((): readonly string[] => Object.keys(OperatorChange().shape));

/** Where a page starts. Opaque to clients. */
export const ChangeCursor = lazily(() => z.string().check(z.regex(/^[1-9][0-9]{0,14}$/)));

export const AuditQuery = lazily(() =>
  z.extend(tableQuery(ChangeCursor()), {
    tenant: z.optional(TenantId),
    operator: z.optional(OperatorName),
    outcome: z.optional(oneOf(CHANGE_OUTCOMES)),
    from: z
      .optional(moment())
      .register(z.globalRegistry, { description: 'Asked for at this time or later.' }),
    to: z.optional(moment()).register(z.globalRegistry, { description: 'Asked for before this time.' }),
  }),
);
export type AuditQuery = z.output<ReturnType<typeof AuditQuery>>;
