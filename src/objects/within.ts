/** What a promise settles to, or a rejection after `ms` milliseconds: for what may never answer, and can be gone on without. */
export async function within<T>(ms: number, wait: Promise<T>): Promise<T> {
  const { promise: patience, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`There was no answer within ${ms} ms.`)), ms);
  try {
    return await Promise.race([wait, patience]);
  } finally {
    clearTimeout(timer);
  }
}
