/** What the platform has and Node does not have yet: bytes as base64 and as hexadecimal text. */
interface Base64Options {
  readonly alphabet?: 'base64' | 'base64url';
}

const encodingOf = ({ alphabet = 'base64' }: Base64Options = {}): BufferEncoding => alphabet;

/** Adds it, where it is missing. */
export function addPlatform(): void {
  // oxlint-disable-next-line no-extend-native -- a later Node has these.
  Object.defineProperties(Uint8Array.prototype, {
    toBase64: {
      value(this: Uint8Array, options?: Base64Options) {
        return Buffer.from(this).toString(encodingOf(options));
      },
    },
    toHex: {
      value(this: Uint8Array) {
        return Buffer.from(this).toString('hex');
      },
    },
  });
  Object.defineProperty(Uint8Array, 'fromBase64', {
    value: (text: string, options?: Base64Options) => new Uint8Array(Buffer.from(text, encodingOf(options))),
  });
}
