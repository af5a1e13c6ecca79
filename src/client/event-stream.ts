/** Reads server-sent events (HTML §9.2) from a body. `EventSource` cannot send a token. */
import { untilAborted } from './platform.ts';

export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

const LINE_END = /\r\n|\n|\r(?!$)/;

/** Events as they arrive. An event that the end of the body cuts off is left out. Rejects once `signal` aborts. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let event = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const lines = text.split(LINE_END);
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') };
          event = '';
          data = [];
          continue;
        }
        const [, field = '', content = ''] = /^([^:]*)(?::[ ]?(.*))?$/s.exec(line) ?? [];
        if (field === 'event') event = content;
        if (field === 'data') data.push(content);
      }
    }
  } finally {
    // Also where the reader of the events leaves: the gateway is told by that.
    await reader.cancel().catch(() => undefined);
  }
}
