/** Grants and calls for the tests of the policy. */
import type { Call } from '../../../src/catalogue/operation.ts';
import { ScopeName } from '../../../src/core/scopes.ts';
import { TenantRecord, type Grant } from '../../../src/policy/grant.ts';
import { grantOf } from '../../../src/policy/narrow.ts';
import { ask, exampleOf, operationOf, PROJECT, type Asked } from '../catalogue/operations.ts';

/** A tenant that may do everything there is. */
export const EVERYTHING = TenantRecord.parse({
  name: 'Acme',
  project_id: PROJECT,
  scopes: ScopeName.options,
  rate: { requests_per_minute: 600, burst: 60 },
  deletes: { persons_per_day: 10_000, events: true, recordings: true },
  origins: ['https://app.acme.example', 'http://localhost:5173'],
});

export const wholeGrant = (changes: Partial<Grant> = {}): Grant => ({ ...grantOf(EVERYTHING), ...changes });

/** A call of the operation, by default its example. @throws if it is refused. */
export function callOf(id: string, asked: Asked = exampleOf(operationOf(id))): Call {
  const call = ask(id, asked);
  if (!call.ok) throw new Error(JSON.stringify(call.failure));
  return call.value;
}
