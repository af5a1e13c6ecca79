/** Answers that are sent as they arrive, and how they end. */
import { describe, expect, test } from 'vitest';
import type { RenderPlan } from '../../../src/upstream/page/plan.ts';
import {
  LONG_ROWS,
  begin,
  bytesOf,
  bytesPlan,
  defective,
  drained,
  rowsPlan,
  streamOf,
  valueOf,
} from '../../support/upstream/render.ts';

/** A source that is fed by hand and knows how much of it was asked for. */
function handFed() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const seen = { pulls: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
      pull: () => {
        seen.pulls += 1;
      },
      cancel: () => {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return {
    stream,
    seen,
    send: (text: string) => controller?.enqueue(bytesOf(text)),
    end: () => controller?.close(),
    breakOff: () => controller?.error(new Error('reset by 10.0.0.1')),
  };
}

const WAYS: [string, RenderPlan][] = [
  ['row by row', rowsPlan()],
  ['as bytes', bytesPlan],
  ['as a table', rowsPlan({ table: { members: ['i', 'pad'], properties: [] } })],
];

describe.each(WAYS)('An answer rendered %s', (_, plan) => {
  /** The answer has begun, and PostHog has sent no more. */
  async function begun() {
    const source = handFed();
    source.send(`{"results":[${LONG_ROWS}`);
    const rendered = valueOf(await begin(source.stream, plan));
    if (rendered.kind === 'whole') throw new Error('it ended');
    return { source, body: rendered.body, outcome: rendered.outcome };
  }

  test('An answer begins before PostHog has sent all of it, and ends as PostHog does', async () => {
    const { source, body, outcome } = await begun();
    const reading = drained(body);
    source.send(',{"i":"last"}],"next":null}');
    source.end();
    expect(await reading).toMatchObject({ error: null, text: expect.stringContaining('last') as unknown });
    expect(await outcome).toMatchObject({ ended: 'complete', flaw: null });
  });

  test('An answer is asked of PostHog no faster than the client reads it, and is cancelled with the client', async () => {
    const { source, body, outcome } = await begun();
    const before = source.seen.pulls;
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(source.seen.pulls).toBe(before);
    await body.cancel();
    expect(source.seen.cancelled).toBe(true);
    expect(await outcome).toMatchObject({ ended: 'client_gone', flaw: null });
  });

  test('An answer breaks off where PostHog does, with words of its own', async () => {
    const { source, body, outcome } = await begun();
    const reading = drained(body);
    source.breakOff();
    const { error } = await reading;
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toMatch(/10\.0\.0\.1/);
    expect(await outcome).toMatchObject({ ended: 'broken_off', flaw: null });
  });

  test('An answer breaks off where the text of PostHog ends in the middle, although the connection ends in order', async () => {
    const { source, body, outcome } = await begun();
    const reading = drained(body);
    source.end();
    expect((await reading).error).toBeInstanceOf(Error);
    expect(await outcome).toMatchObject({ ended: 'broken_off' });
  });

  test('An answer breaks off where it turns out to be none, and PostHog is cancelled', async () => {
    const { source, body, outcome } = await begun();
    const reading = drained(body);
    source.send('],"next":null} <html>');
    expect((await reading).error).toBeInstanceOf(Error);
    expect(source.seen.cancelled).toBe(true);
    expect(await outcome).toMatchObject({ ended: 'invalid', flaw: 'goes on behind its end' });
  });

  test('An answer is a failure of the connection where that breaks before the answer has begun', async () => {
    const source = handFed();
    source.send('{"results":[');
    const rendering = begin(source.stream, plan);
    source.breakOff();
    expect(await rendering).toMatchObject({ ok: false, failure: { code: 'upstream_unreachable' } });
  });

  test('A short answer is no stream, so that nothing of it is sent before it is known to be right', async () => {
    expect(valueOf(await begin(streamOf([bytesOf('{"results":[{"i":1}]}')]), plan)).kind).toBe('whole');
  });
});

test('A defect of the judge is not hidden as a failure of PostHog', async () => {
  const source = streamOf([bytesOf('{"results":[{}]}')]);
  await expect(begin(source, rowsPlan({ judge: defective }))).rejects.toThrow('defect');
});
