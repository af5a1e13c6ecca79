/** The fields of a form that was sent. */
import type { Form } from '../page.ts';

/** Bytes of a form: the longest record, with what it was. */
export const FORM_BYTES_MAX = 1_048_576;

interface WithBody {
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Null where there is more of it than a form has: no more than that is read. */
export async function readForm({ body }: WithBody): Promise<Form | null> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  if (body !== null) {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > FORM_BYTES_MAX) return null;
      text += decoder.decode(chunk, { stream: true });
    }
  }
  const data = new URLSearchParams(text + decoder.decode());
  return { text: (name) => data.get(name) ?? '', all: (name) => data.getAll(name) };
}
