import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, column, KEY, launchBench } from '../support/sandbox/ask.ts';

/** Misbehaviour to order, as a client sees it. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

/** A request whose answer may never come: the status, or at which stage it failed. */
async function outcome(path = `/api/projects/1/persons/${BEN.id}/`, init: RequestInit = {}): Promise<string> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  let response: Response;
  try {
    response = await fetch(bench.url + path, { headers, redirect: 'manual', ...init });
  } catch {
    return 'no answer';
  }
  try {
    const text = await response.text();
    JSON.parse(text);
    return String(response.status);
  } catch (error) {
    return `${response.status}, then ${error instanceof SyntaxError ? 'no JSON' : 'a broken body'}`;
  }
}

/** Orders a fault. */
function order(fault: Record<string, unknown>): Promise<unknown> {
  return bench.control('POST', 'faults', fault);
}

describe('Faults', () => {
  test.each([
    [{ kind: 'status' }, '500'],
    [{ kind: 'status', status: 503 }, '503'],
    [{ kind: 'html' }, '200, then no JSON'],
    [{ kind: 'truncated_json' }, '200, then no JSON'],
    [{ kind: 'redirect', location: 'https://elsewhere.test/' }, '302, then no JSON'],
    [{ kind: 'hang_up' }, '200, then a broken body'],
    [{ kind: 'lost_reply' }, 'no answer'],
    [{ kind: 'lost_request' }, 'no answer'],
    [{ kind: 'slow', delay_ms: 1 }, '200'],
    [{ kind: 'huge', bytes: 100_000 }, '200'],
  ])('A fault %j gives a client once: %s', async (fault, expected) => {
    await order(fault);
    expect(await outcome()).toBe(expected);
    expect(await outcome()).toBe('200');
  });

  test('A 429 names its wait, in the error body too', async () => {
    await order({ kind: 'status', status: 429, retry_after_seconds: 7 });
    const answer = await bench.get('/');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
    expect(at(answer.json, 'detail')).toContain('7 seconds');
  });

  test('A request whose reply was lost or broke off has done its work', async () => {
    for (const [kind, person] of [
      ['lost_reply', ADA],
      ['hang_up', BEN],
    ] as const) {
      await order({ kind, path_contains: 'bulk_delete' });
      const body = JSON.stringify({ ids: [person.uuid] });
      expect(await outcome('/api/projects/1/persons/bulk_delete/', { method: 'POST', body })).not.toBe('202');
      expect((await bench.get(`/${person.id}/`)).status).toBe(404);
    }
    expect(column(await bench.received(), 'status')).toEqual([202, 404, 202, 404]);
  });

  test('A lost request was received and did nothing', async () => {
    await order({ kind: 'lost_request' });
    const body = JSON.stringify({ ids: [ADA.uuid] });
    expect(await outcome('/api/projects/1/persons/bulk_delete/', { method: 'POST', body })).toBe('no answer');
    expect(await bench.received()).toMatchObject([{ method: 'POST', body, status: 0 }]);
    expect((await bench.get(`/${ADA.id}/`)).status).toBe(200);
  });

  test('An empty answer can break off too', async () => {
    await bench.reset({ generation: 'A' });
    await order({ kind: 'hang_up' });
    const body = JSON.stringify({ ids: [ADA.uuid] });
    const init = { method: 'POST', body };
    expect(await outcome('/api/projects/1/persons/bulk_delete/', init)).toBe('202, then a broken body');
  });

  test('A status fault does no work', async () => {
    await order({ kind: 'status', status: 502 });
    expect((await bench.post('/bulk_delete/', { ids: [ADA.uuid] })).status).toBe(502);
    expect((await bench.get(`/${ADA.id}/`)).status).toBe(200);
  });

  test('The fault echo_key puts the key into body and headers', async () => {
    for (const status of [200, 400]) {
      await order({ kind: 'echo_key', status });
      const answer = await bench.get('/');
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(KEY);
      expect(answer.headers.get('x-echoed-authorization')).toContain(KEY);
      expect(answer.headers.get('set-cookie')).toContain(KEY);
    }
  });

  test('Faults hit only what they name, as often as they say, and can be listed and taken back', async () => {
    await order({ kind: 'status', method: 'post', path_contains: 'values', times: 2 });
    await order({ kind: 'status', path_contains: 'activity', times: 2 });
    expect((await bench.get('/values/?key=plan')).status).toBe(200);
    expect((await bench.get('/activity/')).status).toBe(500);
    const faults = at(await bench.control('GET', 'faults'), 'faults');
    expect(column(faults, 'remaining')).toEqual([2, 1]);
    await bench.control('DELETE', 'faults');
    expect((await bench.get('/activity/')).status).toBe(200);
  });

  test('A fault can name a part of the body', async () => {
    await order({ kind: 'status', body_contains: ADA.uuid });
    expect((await bench.post('/bulk_delete/', { ids: [BEN.uuid] })).status).toBe(202);
    expect((await bench.post('/bulk_delete/', { ids: [ADA.uuid] })).status).toBe(500);
  });

  test.each([
    ['POST', 'release'],
    ['DELETE', 'faults'],
    ['POST', 'reset'],
  ])('A request that is held does its work after %s %s, and not before', async (method, path) => {
    await order({ kind: 'hold', method: 'POST', times: 2 });
    const deleting = bench.post('/bulk_delete/', { ids: [ADA.uuid] });
    await expect.poll(async () => column(await bench.received(), 'status')).toEqual([null]);
    expect((await bench.get(`/${ADA.id}/`)).status).toBe(200);
    await bench.control(
      method,
      path,
      path === 'reset' ? { throttle: false, deletion_delay_ms: 0 } : undefined,
    );
    expect((await deleting).status).toBe(202);
    expect((await bench.get(`/${ADA.id}/`)).status).toBe(404);
    expect((await bench.post('/bulk_delete/', { ids: [BEN.uuid] })).status).toBe(202);
  });

  test('Letting go takes back no other faults', async () => {
    await order({ kind: 'hold' });
    await order({ kind: 'status', path_contains: 'activity' });
    const faults = at(await bench.control('POST', 'release'), 'faults');
    expect(column(column(faults, 'fault'), 'kind')).toEqual(['status']);
  });

  test('A reset takes back all faults', async () => {
    await order({ kind: 'status' });
    await bench.reset();
    expect((await bench.get('/')).status).toBe(200);
  });
});
