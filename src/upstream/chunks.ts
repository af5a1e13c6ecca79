/** Reads a stream in large pieces where it can give them. */

/**
 * Bytes asked for at once. What comes from a connection is handed out 4 KiB at a time unless more is asked for, and
 * each time costs as much as several rows: read like that, a page of 2 MB took two to three times the CPU.
 */
const CHUNK_BYTES = 65_536;

export interface ChunkReader {
  /** The first piece is all there is. */
  readonly whole: boolean;
  /** The next bytes, as soon as there are any; `null` at the end. Rejects where the stream errors. */
  readonly read: () => Promise<Uint8Array | null>;
  /** Never rejects: a caller that stops reading needs no more errors. */
  readonly cancel: () => Promise<void>;
}

/** Locks the stream. One that JavaScript made, and not for bytes, gives the pieces it has; pieces must be bytes. */
export function chunksOf(stream: ReadableStream<unknown>): ChunkReader {
  const bytes = byteReaderOf(stream);
  if (bytes === null) {
    const reader = stream.getReader();
    return {
      whole: false,
      async read() {
        const { done, value } = await reader.read();
        if (done) return null;
        if (value instanceof Uint8Array) return value;
        throw new TypeError('a body is made of bytes');
      },
      cancel: () => reader.cancel().catch(nothing),
    };
  }
  return {
    whole: false,
    async read() {
      const { done, value } = await bytes.read(new Uint8Array(CHUNK_BYTES));
      return done ? null : value;
    },
    cancel: () => bytes.cancel().catch(nothing),
  };
}

/** What `read` gives, as one piece. */
export function chunkOf(
  read: () => Promise<Uint8Array>,
  cancel: ChunkReader['cancel'] = () => Promise.resolve(),
): ChunkReader {
  let begun = false;
  return {
    whole: true,
    read() {
      if (begun) return Promise.resolve(null);
      begun = true;
      return read();
    },
    cancel,
  };
}

const nothing = (): void => undefined;

function byteReaderOf(stream: ReadableStream<unknown>): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return null;
  }
}
