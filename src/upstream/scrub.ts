/** Keeps the key, and where asked the host, out of whatever PostHog echoes. */

const MASK = '[redacted]';

/** Replaces every occurrence of the secrets in a text. Returns the same string where there are none. */
export type Scrub = (text: string) => string;

/** What is taken out of where: the key from everything, the host from PostHog's own words too. */
export interface Scrubs {
  readonly key: Scrub;
  readonly words: Scrub;
}

/** The scrubs for a PostHog at `origin`, asked with `key`. */
export const scrubsOf = ({ origin, key }: { readonly origin: string; readonly key: string }): Scrubs => ({
  key: scrubberOf(key),
  words: scrubberOf(key, new URL(origin).host),
});

/** A secret as it may be echoed: plain, percent-encoded, or inside a JSON string. */
const formsOf = (secret: string): string[] => [
  ...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]),
];

export function scrubberOf(...secrets: readonly string[]): Scrub {
  const forms = secrets.flatMap(formsOf);
  return (text) =>
    forms.reduce((clean, form) => (clean.includes(form) ? clean.replaceAll(form, MASK) : clean), text);
}

/**
 * The same for a stream of bytes, holding back no more than the length of the key. Bytes of the key are overwritten
 * in place, so lengths and JSON stay as they were.
 */
export function scrubStream(secret: string): TransformStream<Uint8Array, Uint8Array> {
  const forms = formsOf(secret);
  const held = Math.max(...forms.map((form) => form.length)) - 1;
  let kept = new Uint8Array(0);
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = new Uint8Array(kept.length + chunk.length);
      bytes.set(kept);
      bytes.set(chunk, kept.length);
      overwrite(bytes, forms);
      const out = Math.max(0, bytes.length - held);
      if (out > 0) controller.enqueue(bytes.subarray(0, out));
      kept = bytes.slice(out);
    },
    flush(controller) {
      if (kept.length > 0) controller.enqueue(kept);
    },
  });
}

/** Keys are ASCII, so a byte-per-character decoding finds them at the right place in any UTF-8. */
function overwrite(bytes: Uint8Array, forms: readonly string[]): void {
  const text = new TextDecoder('latin1').decode(bytes);
  for (const form of forms) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length)) {
      bytes.fill('*'.charCodeAt(0), at, at + form.length);
    }
  }
}
