/** The object that paces the queries of one PostHog project, as its callers see it. */
import { env } from 'cloudflare:workers';
import { describe, expect } from 'vitest';
import { TenantId } from '../../../src/core/ids.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import type { Result } from '../../../src/core/result.ts';
import type { Remote } from '../../../src/objects/remote.ts';
import type { Shield } from '../../../src/objects/shield/shield.ts';
import { setTime, testAt } from '../../support/objects/clock.ts';

const { SHIELD } = env as unknown as { SHIELD: DurableObjectNamespace<Shield> };

const NOW = Date.parse('2031-05-01T12:00:00.000Z');
const test = testAt(NOW);
const HOLD_MS = 35_000;
const ANSWERED = { status: 200, retryAfterSeconds: null };

const fresh = () => SHIELD.getByName(crypto.randomUUID()) as unknown as Remote<Shield>;
const SHARE = { tenant: TenantId.parse('acme'), weight: 1, want: 1, returned: [] };
const NONE = { reads: 0, deletes: 0 };
const ask = (id: string) => ({ id, holdMs: HOLD_MS, share: SHARE });
const askShare = (id: string, tenant = 'acme') => ({ ...SHARE, id, tenant: TenantId.parse(tenant) });
const codeOf = (result: Result<unknown>) => (result.ok ? 'granted' : result.failure.code);

/** A shield both of whose places are taken. */
async function busy() {
  const shield = fresh();
  const taken = await Promise.all([shield.acquire(ask('a')), shield.acquire(ask('b'))]);
  expect(taken.map(codeOf)).toEqual(['granted', 'granted']);
  return shield;
}

/** Answers once the shield has heard everything that was sent before. */
const heard = (shield: Remote<Shield>) => shield.report(NONE, ANSWERED, 'reads');

describe('Shield', () => {
  test('A shield lets two queries go at once, and the third when one of them was answered', async () => {
    const shield = await busy();
    const third = shield.acquire(ask('c'));
    await shield.release('a', ANSWERED);
    expect(codeOf(await third)).toBe('granted');
  });

  test('A caller that hangs up while it waits frees its place in the queue', async () => {
    const shield = await busy();
    const waiting = Array.from({ length: LIMITS.queriesWaitingMax }, (_, nth) =>
      shield.acquire(ask(`w${nth}`)),
    );
    expect(codeOf(await shield.acquire(ask('too many')))).toBe('upstream_busy');
    await shield.cancel('w0');
    expect(codeOf(await waiting[0]!)).toBe('upstream_busy');
    const late = shield.acquire(ask('late'));
    await heard(shield);
    await shield.cancel('a');
    expect(codeOf(await waiting[1]!)).toBe('granted');
    setTime(NOW + LIMITS.queryWaitMsMax);
    await heard(shield);
    expect(codeOf(await late)).toBe('upstream_busy');
    await Promise.all(waiting);
  });

  test('The place of a caller that died is free again once its query must have ended', async () => {
    const shield = await busy();
    setTime(NOW + HOLD_MS - 1);
    const third = shield.acquire(ask('c'));
    await heard(shield);
    setTime(NOW + HOLD_MS);
    await heard(shield);
    expect(codeOf(await third)).toBe('granted');
  });

  test('A query that waited as long as a query may wait is refused with the seconds after which to come back', async () => {
    const shield = await busy();
    const third = shield.acquire(ask('c'));
    await heard(shield);
    setTime(NOW + LIMITS.queryWaitMsMax);
    await heard(shield);
    expect(await third).toMatchObject({
      ok: false,
      failure: { code: 'upstream_busy', retryAfterSeconds: 3 },
    });
  });

  test('A 429 with Retry-After, to a query or to another call, stops queries until then', async () => {
    const throttled = { status: 429, retryAfterSeconds: 40 };
    const byQuery = await busy();
    await byQuery.release('a', throttled);
    const byRead = fresh();
    await byRead.report(NONE, throttled, 'reads');
    for (const shield of [byQuery, byRead]) {
      expect(await shield.acquire(ask('c'))).toMatchObject({
        ok: false,
        failure: { code: 'upstream_rate_limited', retryAfterSeconds: 40 },
      });
    }
    setTime(NOW + 40_000);
    expect(codeOf(await byRead.acquire(ask('d')))).toBe('granted');
  });

  test('A 429 without Retry-After means that the places of PostHog are taken, and is waited out in the queue', async () => {
    const shield = fresh();
    await shield.acquire(ask('a'));
    await shield.release('a', { status: 429, retryAfterSeconds: null });
    const second = shield.acquire(ask('b'));
    await heard(shield);
    setTime(NOW + 2000);
    await heard(shield);
    expect(codeOf(await second)).toBe('granted');
  });

  test('Deletes and their look-ups are counted together with what tenants ask', async () => {
    const shield = fresh();
    await shield.report({ reads: LIMITS.upstreamRequestsPerMinute, deletes: 7 }, ANSWERED, 'reads');
    const [query, read] = [shield.acquire(ask('a')), shield.share(askShare('b'))];
    await heard(shield);
    setTime(NOW + LIMITS.shareWaitMsMax);
    await heard(shield);
    expect([await query, await read].map(codeOf)).toEqual([
      'upstream_share_exhausted',
      'upstream_share_exhausted',
    ]);
    expect(await shield.quotas()).toMatchObject([
      { kind: 'reads', configuredPerMinute: 240, used: 240 },
      { kind: 'deletes', configuredPerMinute: 480, used: 7 },
    ]);
  });

  test('A query takes one permit of its tenant, which counts from when it is sent, and none where it is not', async () => {
    const shield = await busy();
    const used = async () => (await shield.quotas())[0]?.used;
    expect(await used()).toBe(2);
    const [third, fourth] = [shield.acquire(ask('c')), shield.acquire(ask('d'))];
    await heard(shield);
    setTime(NOW + 9000);
    await shield.cancel('d');
    await shield.release('a', ANSWERED);
    expect(codeOf(await third)).toBe('granted');
    expect(codeOf(await fourth)).toBe('upstream_busy');
    expect(await used()).toBe(3);
    setTime(NOW + 60_000 + LIMITS.permitTermMs + 2000);
    expect(await used(), 'the third query is younger than a minute').toBe(1);
  });

  test('Permits come along with the tombstones where nobody has to wait for them', async () => {
    const shield = fresh();
    expect(await shield.news([], 'tombstones', { ...askShare('a'), want: 3 })).toMatchObject({
      lease: { id: 'a', permits: 3 },
    });
    expect(await shield.news([], 'tombstones', null)).not.toHaveProperty('lease');
    await shield.report({ reads: 240, deletes: 0 }, ANSWERED, 'reads');
    expect(await shield.news([], 'tombstones', askShare('b'))).not.toHaveProperty('lease');
  });

  test('A call that waits for its share is refused at its end with the seconds to wait, and hanging up ends its wait', async () => {
    const shield = fresh();
    await shield.report({ reads: 240, deletes: 0 }, ANSWERED, 'reads');
    const [waits, leaves] = [shield.share(askShare('a')), shield.share(askShare('b'))];
    await heard(shield);
    await shield.cancel('b');
    expect(codeOf(await leaves)).toBe('upstream_share_exhausted');
    expect((await shield.quotas())[0]?.tenants).toMatchObject([{ tenant: 'acme', waiting: 1 }]);
    setTime(NOW + LIMITS.shareWaitMsMax);
    await heard(shield);
    expect(await waits).toMatchObject({
      ok: false,
      failure: { code: 'upstream_share_exhausted', retryAfterSeconds: 58 },
    });
  });

  test('A 429 to a delete holds up no read, and one to a query that is about its hour no other call', async () => {
    const shield = fresh();
    await shield.report(NONE, { status: 429, retryAfterSeconds: 40 }, 'deletes');
    expect(codeOf(await shield.share(askShare('a')))).toBe('granted');
    await shield.acquire(ask('b'));
    await shield.release('b', { status: 429, retryAfterSeconds: 1800 });
    expect(codeOf(await shield.share(askShare('c')))).toBe('granted');
    expect(codeOf(await shield.acquire(ask('d')))).toBe('upstream_rate_limited');
  });

  test('A pause that is ended holds nothing up any more, and PostHog is asked as much as before', async () => {
    const shield = fresh();
    await shield.report(NONE, { status: 429, retryAfterSeconds: 40 }, 'reads');
    expect(await shield.quotas()).toMatchObject([{ learnedPerMinute: 120, pausedMs: 40_000 }, {}]);
    expect([await shield.endPauses(), await shield.endPauses()]).toEqual([true, false]);
    expect(await shield.quotas()).toMatchObject([{ learnedPerMinute: 240, pausedMs: 0 }, {}]);
    expect(codeOf(await shield.acquire(ask('a')))).toBe('granted');
  });

  test('A call that arrives twice takes one place', async () => {
    const shield = await busy();
    const [once, again] = [shield.acquire(ask('c')), shield.acquire(ask('c'))];
    await shield.release('a', ANSWERED);
    expect([await once, await again].map(codeOf)).toEqual(['granted', 'granted']);
    await shield.release('b', ANSWERED);
    expect(codeOf(await shield.acquire(ask('d')))).toBe('granted');
  });
});
