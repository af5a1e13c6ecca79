/** What the operator is alarmed of. A condition names things of the gateway only: no secret, no host, no person. */
import type { DeletionId, TenantId, TokenId } from '../ids.ts';
import type { OperatorName } from '../operators.ts';

/** In the order in which the documentation has them. Names are promises, as failure codes are. */
export const ALARM_KINDS = [
  'foreign_rows',
  'key_refused',
  'upstream_failing',
  'deletion_unknown',
  'deletion_budget_low',
  'deletion_ended',
  'token_ending',
  'test',
] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** What is the case, as the part of the gateway that notices it says it. */
export type Condition =
  /** PostHog answered with rows outside the slice that was in the question. `route` is an operation or a route. */
  | { readonly kind: 'foreign_rows'; readonly tenant: TenantId; readonly route: string }
  /** PostHog does not take the gateway's key, or the key lacks `scope`. */
  | { readonly kind: 'key_refused'; readonly scope: string | null }
  /** PostHog failed several requests in a row, the last one with `code`. */
  | { readonly kind: 'upstream_failing'; readonly code: string }
  /** Whether persons were deleted is not known for an hour. `since` in ISO 8601. */
  | {
      readonly kind: 'deletion_unknown';
      readonly tenant: TenantId;
      readonly deletion: DeletionId;
      readonly since: string;
    }
  /** A tenant has spent four fifths of its deletion budget. */
  | {
      readonly kind: 'deletion_budget_low';
      readonly tenant: TenantId;
      readonly persons_per_day: number;
      readonly remaining: number;
    }
  /** A deletion came to its end. `persons`: how many it named, where that is known. */
  | {
      readonly kind: 'deletion_ended';
      readonly tenant: TenantId;
      readonly deletion: DeletionId;
      readonly state: string;
      readonly reason: string;
      readonly persons: number;
    }
  /** A token ends within a week. */
  | {
      readonly kind: 'token_ending';
      readonly tenant: TenantId;
      readonly token: TokenId;
      readonly name: string;
      readonly expires_at: string;
    }
  /** An operator asked for it. */
  | { readonly kind: 'test'; readonly operator: OperatorName };

/** A condition and how often it was met since it was last told. */
export interface RaisedCondition {
  readonly condition: Condition;
  readonly count: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long an alarm is kept, and the longest time for which it stands for others of its kind and subject. */
export const ALARM_KEPT_MS = 30 * DAY_MS;

/** For how long, from its first time on, a condition of the same kind and subject is the same alarm. */
export const ALARM_WINDOW_MS: Readonly<Record<AlarmKind, number>> = {
  foreign_rows: HOUR_MS,
  key_refused: HOUR_MS,
  upstream_failing: HOUR_MS,
  deletion_unknown: ALARM_KEPT_MS,
  deletion_budget_low: DAY_MS,
  deletion_ended: ALARM_KEPT_MS,
  token_ending: ALARM_KEPT_MS,
  test: 0,
};

/** The tenant that a condition is about; null where it is about the gateway. */
export const tenantOf = (condition: Condition): TenantId | null =>
  'tenant' in condition ? condition.tenant : null;

/** What two conditions of one kind have in common that are one alarm. */
export function subjectOf(condition: Condition): string {
  switch (condition.kind) {
    case 'foreign_rows':
      return `${condition.tenant} ${condition.route}`;
    case 'key_refused':
      return condition.scope ?? '';
    case 'upstream_failing':
      return '';
    case 'deletion_unknown':
    case 'deletion_ended':
      return condition.deletion;
    case 'deletion_budget_low':
      return condition.tenant;
    case 'token_ending':
      return condition.token;
    case 'test':
      return condition.operator;
  }
}
