/** The operator is told a week before a token ends: once, of those that live long, and not of those that are revoked. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { ALARMS_NAME } from '../../../src/objects/alarms/alarms.ts';
import type { Tenant } from '../../../src/objects/tenant/tenant.ts';
import { listed, type Alarms } from '../../support/objects/alarms.ts';
import { issue, registered, setTime, test, tokenId } from '../../support/objects/tenant.ts';

const { ALARMS } = env as unknown as { ALARMS: DurableObjectNamespace<Alarms> };

const DAY = 86_400_000;
/** Far enough ahead that no alarm rings by itself. */
const START = Date.parse('2031-05-01T12:00:00.000Z');
const lasting = (days: number) => ({
  issued_at: new Date(START).toISOString(),
  expires_at: new Date(START + days * DAY).toISOString(),
});
type Stub = DurableObjectStub<Tenant>;

const begun = async (): Promise<Stub> => {
  setTime(START);
  return registered();
};
const alarmOf = (tenant: Stub) => runInDurableObject(tenant, (_, { storage }) => storage.getAlarm());
/** The tokens that were told, of those that are asked about. */
const told = async (...ids: string[]) =>
  (await listed(ALARMS.getByName(ALARMS_NAME))).rows
    .filter(({ kind }) => kind === 'token_ending')
    .flatMap(({ details }) => ids.filter((id) => id === details['token']));

async function ring(tenant: Stub, at: number): Promise<boolean> {
  setTime(at);
  return runDurableObjectAlarm(tenant);
}

describe('Ends of tokens', () => {
  test('A token is told a week before it ends, and once', async () => {
    const tenant = await begun();
    const id = await issue(tenant, [], { ...lasting(30), name: 'backend' });
    expect(await alarmOf(tenant)).toBe(START + 23 * DAY);
    await ring(tenant, START + 23 * DAY);
    const { rows } = await listed(ALARMS.getByName(ALARMS_NAME));
    expect(rows.find(({ details }) => details['token'] === id)).toMatchObject({
      kind: 'token_ending',
      tenant: 'acme',
      count: 1,
      details: { token: id, name: 'backend', expires_at: lasting(30).expires_at },
    });
    expect(await alarmOf(tenant)).toBeNull();
  });

  test('A token of less than two weeks is not told', async () => {
    const tenant = await begun();
    await issue(tenant, [], lasting(13.9));
    expect(await alarmOf(tenant)).toBeNull();
    await issue(tenant, [], lasting(14));
    expect(await alarmOf(tenant)).toBe(START + 7 * DAY);
  });

  test('The first of several tokens is waited for, and each is told in its time', async () => {
    const tenant = await begun();
    const late = await issue(tenant, [], lasting(40));
    const early = await issue(tenant, [], lasting(20));
    expect(await alarmOf(tenant)).toBe(START + 13 * DAY);
    await ring(tenant, START + 13 * DAY);
    expect(await told(early, late)).toEqual([early]);
    expect(await alarmOf(tenant)).toBe(START + 33 * DAY);
    await ring(tenant, START + 33 * DAY);
    expect(await told(early, late)).toEqual([late, early]);
  });

  test('A token that was revoked, by itself, by an ancestor or with its tenant, is not told', async () => {
    const tenant = await begun();
    const revoked = await issue(tenant, [], lasting(30));
    const root = await issue(tenant, [], lasting(90));
    const child = await issue(tenant, [root], lasting(30));
    await tenant.revoke(revoked, { kind: 'operator' });
    await tenant.revoke(root, { kind: 'operator' });
    await ring(tenant, START + 23 * DAY);
    expect(await told(revoked, root, child)).toEqual([]);
    const gone = await begun();
    const its = await issue(gone, [], lasting(30));
    await gone.remove();
    await ring(gone, START + 23 * DAY);
    expect(await told(its)).toEqual([]);
  });

  test('A token is told after a restart, and after the object of alarms was away', async () => {
    const tenant = await begun();
    const id = await issue(tenant, [], lasting(30));
    await evictDurableObject(tenant);
    expect(await alarmOf(tenant)).toBe(START + 23 * DAY);
    const away = vi.spyOn(console, 'error').mockReturnValue();
    // What is thrown in the object itself, the runtime writes to the console of the run.
    const reached = vi.spyOn(ALARMS, 'getByName').mockImplementation(() => {
      throw new Error('away');
    });
    await ring(tenant, START + 23 * DAY);
    expect(away).toHaveBeenCalled();
    expect(await alarmOf(tenant)).toBe(START + 23 * DAY + 60_000);
    reached.mockRestore();
    await ring(tenant, START + 23 * DAY + 60_000);
    expect(await told(id)).toEqual([id]);
  });

  test('A token from before is told too, once its tenant is asked for anything', async () => {
    const tenant = await begun();
    const id = tokenId();
    await runInDurableObject(tenant, (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO tokens (id, name, ancestors, narrowing, issued_at, expires_at, expires_at_ms, told_at_ms)
         VALUES (?, 'old', '[]', '{}', '', '', ?, ?)`,
        id,
        START + 30 * DAY,
        START + 23 * DAY,
      );
    });
    await evictDurableObject(tenant);
    await tenant.get();
    expect(await alarmOf(tenant)).toBe(START + 23 * DAY);
  });
});
