/** Settles as `wait` does, and rejects after `ms` milliseconds. For calls that may never be answered. */
export async function within<T>(ms: number, wait: Promise<T>): Promise<T> {
  const { promise: patience, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`There was no answer within ${ms} ms.`)), ms);
  try {
    return await Promise.race([wait, patience]);
  } finally {
    clearTimeout(timer);
  }
}
