/** What is wrong with a record, by the schema that the gateway checks with, and in its words. */
import { issueText } from '../../catalogue/issues.ts';
import { TenantDocument } from '../../contract/tenant.ts';
import type { JsonObject } from '../../core/json.ts';

/** The text for each field that does not fit. Fields of a list are called by the list. */
export type Issues = ReadonlyMap<string, string>;

export function issuesOf(record: JsonObject): Issues {
  const parsed = TenantDocument().safeParse(record, { error: issueText });
  if (parsed.success) return new Map();
  return new Map(
    parsed.error.issues.map((issue) => {
      const path = issue.path.filter((part) => typeof part === 'string').join('.');
      return [path, issue.message];
    }),
  );
}
