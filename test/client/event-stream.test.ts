/** Server-sent events, however they are cut on their way. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEvents } from '../../src/client/event-stream.ts';

async function eventsIn(parts: readonly Uint8Array[]) {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
  return Array.fromAsync(readEvents(body, new AbortController().signal));
}

const bytes = (text: string) => new TextEncoder().encode(text);

test('Events have a name and data, and comments, ids and other fields are passed over', async () => {
  const text =
    ': hello\n\nid: 7\nevent: state\ndata: {"a":1}\nretry: 5\n\ndata:x\ndata: y\n\nevent: end\ndata\n\n';
  expect(await eventsIn([bytes(text)])).toEqual([
    { event: 'state', data: '{"a":1}' },
    { event: 'message', data: 'x\ny' },
    { event: 'end', data: '' },
  ]);
});

test('An event that the end of the stream cuts off is left out', async () => {
  expect(await eventsIn([bytes('event: state\ndata: 1\n\nevent: state\ndata: 2\n')])).toEqual([
    { event: 'state', data: '1' },
  ]);
});

test('Events are the same wherever the stream is cut, with every kind of line end', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''));
  const events = fc.array(fc.tuple(fc.constantFrom('state', 'end'), fc.array(line, { minLength: 1 })));
  const ends = fc.constantFrom('\n', '\r\n', '\r');
  await fc.assert(
    fc.asyncProperty(events, ends, fc.array(fc.nat(40)), async (told, end, cuts) => {
      const lines = told.flatMap(([event, data]) => [
        `event: ${event}`,
        ...data.map((text) => `data: ${text}`),
        '',
      ]);
      const whole = bytes(lines.map((text) => text + end).join('') + (end === '\r' ? ':' : ''));
      const parts: Uint8Array[] = [];
      let at = 0;
      for (const cut of cuts) {
        parts.push(whole.subarray(at, at + cut));
        at += cut;
      }
      parts.push(whole.subarray(at));
      expect(await eventsIn(parts)).toEqual(told.map(([event, data]) => ({ event, data: data.join('\n') })));
    }),
  );
});

test('A reader that leaves cancels the stream', async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(bytes('data: 1\n\n')),
    cancel: () => {
      isCancelled = true;
    },
  });
  for await (const { data } of readEvents(body, new AbortController().signal)) {
    expect(data).toBe('1');
    break;
  }
  expect(isCancelled).toBe(true);
});

test('A reader that is aborted ends with the reason, although the stream is silent, and cancels it', async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    cancel: () => {
      isCancelled = true;
    },
  });
  const controller = new AbortController();
  const reading = readEvents(body, controller.signal).next();
  controller.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  expect(isCancelled).toBe(true);
});
