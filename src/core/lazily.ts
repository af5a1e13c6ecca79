/**
 * Makes something when it is first asked for, and once. The schemas that a read does not meet are made like this: making
 * all of them took half of the time that a gateway needs to start. A call that is marked `@__PURE__` is left out of the
 * Worker where nothing there asks: so are schemas that only the documentation and the types are made of.
 */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
