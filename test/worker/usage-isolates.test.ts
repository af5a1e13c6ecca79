/** Usage of several isolates over one object: each reports by itself, also when no more requests come. */
import { expect, test, vi } from 'vitest';
import { startIsolates } from '../support/isolates/workers.ts';

const { origins, admin, tenants, crash } = await startIsolates(3);

interface Page {
  readonly results: readonly { readonly token: string; readonly admitted: number }[];
}

const whoami = (origin: string, token: string) =>
  fetch(`${origin}/v1/whoami`, { headers: { Authorization: `Bearer ${token}` } }).then((answer) =>
    answer.text(),
  );

test('What every isolate counted is in the object in the end, once, and a crash of the object adds nothing', async () => {
  const { tenant, token, id } = await tenants.fresh();
  for (const [nth, origin] of origins.entries()) {
    for (let sent = 0; sent <= nth; sent += 1) await whoami(origin, token);
  }
  const admitted = async () => {
    const { results } = (await admin('GET', `/${tenant}/usage`)).json as Page;
    return results.filter((row) => row.token === id).reduce((sum, row) => sum + row.admitted, 0);
  };
  await vi.waitFor(async () => expect(await admitted()).toBe(6), { timeout: 50_000, interval: 500 });
  await crash(tenant);
  const left = await admitted();
  // What was not written yet is lost; the first report was written at once.
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(6);
});
