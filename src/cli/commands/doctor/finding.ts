export type Area = 'gateway' | 'posthog' | 'deletions';

/** What was found, what it means, and what to do. */
export interface Finding {
  readonly area: Area;
  readonly name: string;
  /** Null: it could not be found out. */
  readonly good: boolean | null;
  readonly says: string;
}
