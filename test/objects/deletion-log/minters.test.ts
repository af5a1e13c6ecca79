/** Who stands behind an entry of the log: shown to operators, and not to the tenant. */
import { expect } from 'vitest';
import { OperatorName } from '../../../src/core/operators.ts';
import type { LogView } from '../../../src/objects/deletion-log/deletion-log.ts';
import {
  answer,
  bulk,
  freshLog,
  mintedBy,
  OPERATOR,
  order,
  posthog,
  REGISTRATION,
  SUMMARY,
  test,
  uuids,
} from '../../support/objects/deletion-log.ts';

const TENANT: LogView = {
  kind: 'tenant',
  registration: REGISTRATION,
  slices: [],
  distinctIdsHidden: false,
};

test('An operator is shown who minted the token that asked, in the list and of one entry, and the tenant is not', async () => {
  posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await mintedBy(stub, OperatorName.parse('alice'));
  const carried = await log.carryOut(order(bulk(uuids(2))));
  if (!carried.ok) throw new Error(carried.failure.code);
  const id = carried.value.entry;
  for (const [view, minter] of [
    [OPERATOR, 'alice'],
    [TENANT, null],
  ] as const) {
    const { rows } = await log.list({ limit: 10, before: null }, view);
    expect(rows.map(({ minted_by }) => minted_by)).toEqual([minter]);
    expect((await log.get(id, view))?.minted_by).toBe(minter);
    expect((await log.status(id, view))?.minted_by).toBe(minter);
  }
});
