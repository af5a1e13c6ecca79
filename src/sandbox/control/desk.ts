import type { Defaults, Settings } from '../store/settings.ts';

/** What a control route is given. */
export interface Desk {
  readonly sql: SqlStorage;
  readonly settings: Settings;
  readonly defaults: Defaults;
  readonly query: ReadonlyMap<string, string>;
  readonly body: unknown;
}
