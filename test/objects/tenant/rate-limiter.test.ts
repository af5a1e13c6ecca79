import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import {
  ACME,
  admit,
  admittedOf,
  chainOf,
  NOW,
  put,
  record,
  registered,
  setTime,
  tokenId,
  test,
} from '../../support/objects/tenant.ts';

const rate = (requests_per_minute: number, burst: number) => ({ requests_per_minute, burst });

describe('Concurrency', () => {
  test('Requests at the same time are admitted up to the burst, and no more', async () => {
    const tenant = await registered({ rate: rate(60, 20) });
    const id = tokenId();
    const answers = await Promise.all(Array.from({ length: 200 }, () => admit(tenant, id)));
    expect(answers.filter((answer) => answer === 'admitted')).toHaveLength(20);
    expect(answers.filter((answer) => answer === 'rate_limited')).toHaveLength(180);
  });

  test('Requests are admitted as time passes, and none beyond', async () => {
    const tenant = await registered({ rate: rate(60, 20) });
    const id = tokenId();
    await admittedOf(21, tenant, id);
    setTime(NOW + 3_999);
    expect(await admittedOf(10, tenant, id)).toBe(3);
  });

  test('A clock that is corrected by a second admits nothing more, and nothing again when it returns', async () => {
    const tenant = await registered({ rate: rate(60, 5) });
    const id = tokenId();
    await admittedOf(5, tenant, id);
    setTime(NOW - 1000);
    expect(await admittedOf(3, tenant, id)).toBe(0);
    setTime(NOW);
    expect(await admittedOf(3, tenant, id)).toBe(0);
  });
});

describe('A clock that jumps a day ahead and back', () => {
  const DAY = 86_400_000;

  test('A clock that jumped ahead refuses for no longer than it takes to pay off what is owed, and gives no burst when it returns', async () => {
    const tenant = await registered({ rate: rate(60, 5) });
    const id = tokenId();
    await admittedOf(5, tenant, id);
    setTime(NOW + DAY);
    expect(await admittedOf(6, tenant, id)).toBe(5);
    setTime(NOW);
    expect(await admittedOf(3, tenant, id)).toBe(0);
    setTime(NOW + 3000);
    expect(await admittedOf(6, tenant, id)).toBe(3);
  });

  test('A clock that jumped ahead is survived by an object that restarts during the jump and after every request since', async () => {
    const tenant = await registered({ rate: rate(60, 5) });
    const own = { id: tokenId(), rate: rate(60, 5) };
    await admittedOf(5, tenant, own);
    setTime(NOW + DAY);
    await admittedOf(5, tenant, own);
    await evictDurableObject(tenant);
    const later = [0, 2000, 4000, 6000, 8000].map((ms) => NOW + ms);
    const admitted: number[] = [];
    for (const ms of later) {
      setTime(ms);
      admitted.push(await admittedOf(5, tenant, own));
      await evictDurableObject(tenant);
    }
    expect(admitted[0]).toBe(0);
    expect(admitted.slice(1).reduce((sum, each) => sum + each, 0)).toBeGreaterThanOrEqual(6);
    expect(admitted.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(8);
  });
});

describe('Lost memory', () => {
  test.each([1, 2, 3, 7, 13, 20])(
    'Lost memory after %i requests admits no more than before, and less by less than a stride',
    async (spent) => {
      const tenant = await registered({ rate: rate(60, 20) });
      const id = tokenId();
      await admittedOf(spent, tenant, id);
      await evictDurableObject(tenant);
      const left = await admittedOf(25, tenant, id);
      expect(left).toBeLessThanOrEqual(20 - spent);
      expect(20 - spent - left).toBeLessThan(5);
    },
  );

  test('Lost memory again and again never admits more than the rate', async () => {
    const tenant = await registered({ rate: rate(60, 20) });
    const id = tokenId();
    let admitted = 0;
    for (let second = 0; second < 10; second += 1) {
      setTime(NOW + second * 1000);
      admitted += await admittedOf(4, tenant, { id, rate: rate(60, 12) });
      await evictDurableObject(tenant);
    }
    expect(admitted).toBeLessThanOrEqual(12 + 9);
    expect(admitted).toBeGreaterThan(0);
  });

  test('Lost memory costs nothing where nothing was spent in the last minute', async () => {
    const tenant = await registered({ rate: rate(60, 20) });
    const id = tokenId();
    await admittedOf(20, tenant, id);
    await evictDurableObject(tenant);
    setTime(NOW + 90_000);
    expect(await admittedOf(25, tenant, id)).toBe(20);
  });

  test('A new tenant has its whole burst, even when the object restarts before the first request', async () => {
    const tenant = await registered({ rate: rate(60, 20) });
    await evictDurableObject(tenant);
    expect(await admittedOf(25, tenant, tokenId())).toBe(20);
  });
});

describe('Chains of tokens', () => {
  test('Tokens derived from one share its rate, however many there are', async () => {
    const tenant = await registered({ rate: rate(600, 100) });
    const parent = { id: tokenId(), rate: rate(60, 6) };
    let admitted = 0;
    for (let made = 0; made < 4; made += 1) {
      admitted += await admittedOf(4, tenant, parent, { id: tokenId(), rate: rate(60, 6) });
    }
    admitted += await admittedOf(2, tenant, parent, tokenId());
    expect(admitted).toBe(6);
  });

  test('Tokens with no rate of their own share the tenant’s', async () => {
    const tenant = await registered({ rate: rate(60, 6) });
    expect((await admittedOf(4, tenant, tokenId())) + (await admittedOf(4, tenant, tokenId()))).toBe(6);
  });

  test('A request that one limit refuses is charged to none', async () => {
    const tenant = await registered({ rate: rate(60, 10) });
    const [parent, child] = [
      { id: tokenId(), rate: rate(60, 8) },
      { id: tokenId(), rate: rate(60, 2) },
    ];
    expect(await admittedOf(9, tenant, parent, child)).toBe(2);
    expect(await admittedOf(9, tenant, parent)).toBe(6);
    expect(await admittedOf(9, tenant, tokenId())).toBe(2);
  });

  test('The answer shows the tenant’s limit and the tightest of the chain', async () => {
    const tenant = await registered({ rate: rate(600, 60) });
    const wide = { id: tokenId(), rate: rate(300, 30) };
    const tight = { id: tokenId(), rate: rate(60, 5) };
    const admission = await tenant.admit({
      registration: null,
      chain: chainOf([wide, tight, tokenId()]),
      cost: 2,
    });
    expect(admission.limits).toEqual([
      { holder: 'tenant', quota: 60, windowSeconds: 6, remaining: 58, resetSeconds: 1 },
      { holder: 'token', quota: 5, windowSeconds: 5, remaining: 3, resetSeconds: 2 },
    ]);
  });
});

describe('Refusals', () => {
  test('A refusal says whose limit it is, what it is, and a wait after which the same is admitted', async () => {
    const tenant = await registered({ rate: rate(600, 60) });
    const parent = { id: tokenId(), rate: rate(7, 3) };
    const child = tokenId();
    await admittedOf(3, tenant, parent, child);
    const admission = await tenant.admit({ registration: null, chain: chainOf([parent, child]), cost: 2 });
    expect(admission).toEqual({
      verdict: 'refused',
      failure: {
        code: 'rate_limited',
        detail:
          'A token this one was derived from may send 7 requests a minute, 3 at once; that is used up for now.',
        attr: null,
        retryAfterSeconds: 18,
        limit: parent.id,
      },
      limits: [
        { holder: 'tenant', quota: 60, windowSeconds: 6, remaining: 57, resetSeconds: 1 },
        { holder: 'token', quota: 3, windowSeconds: 26, remaining: 0, resetSeconds: 26 },
      ],
    });
    setTime(NOW + 18_000);
    expect(
      (await tenant.admit({ registration: null, chain: chainOf([parent, child]), cost: 2 })).verdict,
    ).toBe('admitted');
  });

  test('A refusal names the tenant’s limit when that has the longest wait', async () => {
    const tenant = await registered({ rate: rate(1, 1) });
    const own = { id: tokenId(), rate: rate(60, 1) };
    await admit(tenant, own);
    const admission = await tenant.admit({ registration: null, chain: [own], cost: 1 });
    expect(admission).toMatchObject({
      failure: { detail: expect.stringMatching(/^The tenant may send 1 /) as string, retryAfterSeconds: 60 },
    });
  });

  test('A refusal of a cost above the burst says that it never fits', async () => {
    const tenant = await registered({ rate: rate(60, 3) });
    const admission = await tenant.admit({ registration: null, chain: [{ id: tokenId() }], cost: 4 });
    expect(admission).toMatchObject({ failure: { detail: expect.stringMatching(/never fits/) as string } });
  });
});

describe('Changed rates', () => {
  test('A changed rate holds for the next request, and is no fresh burst', async () => {
    const tenant = await registered({ rate: rate(60, 10) });
    const id = tokenId();
    await admittedOf(10, tenant, id);
    await put(tenant, record({ rate: rate(60, 12) }));
    expect(await admittedOf(5, tenant, id)).toBe(2);
    await put(tenant, record({ rate: rate(600, 4) }));
    expect(await admittedOf(5, tenant, id)).toBe(0);
  });

  test('A changed rate pays off at the old rate until then and at the new one from then on, even after a restart', async () => {
    const tenant = await registered({ rate: rate(6, 4) });
    const id = tokenId();
    await admittedOf(4, tenant, id);
    setTime(NOW + 10_000);
    await put(tenant, record({ rate: rate(6000, 4) }));
    await evictDurableObject(tenant);
    expect(await admittedOf(5, tenant, id)).toBe(1);
  });

  test('A changed rate that could not be stored is forgotten, and the old level goes on being written ahead', async () => {
    const tenant = await registered({ rate: rate(60, 40) });
    const id = tokenId();
    await admittedOf(5, tenant, id);
    await runInDurableObject(tenant, (instance, { storage }) => {
      const replace = () => instance.put(ACME, record({ rate: rate(60, 40) }));
      storage.sql.exec(
        `CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
      );
      expect(replace).toThrow(/disk full/);
    });
    const before = 5 + (await admittedOf(9, tenant, id));
    await evictDurableObject(tenant);
    expect(before + (await admittedOf(40, tenant, id))).toBeLessThanOrEqual(40);
  });

  test('A tenant that is removed and registered again gets no fresh burst', async () => {
    const tenant = await registered({ rate: rate(60, 10) });
    await admittedOf(10, tenant, tokenId());
    await tenant.remove();
    await evictDurableObject(tenant);
    await put(tenant, record({ rate: rate(60, 10) }));
    expect(await admittedOf(5, tenant, tokenId())).toBe(0);
  });
});
