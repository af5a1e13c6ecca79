/** What a status alone proves about a request that changes something. */

/**
 * Statuses by which PostHog, or a server in front of it, says that it did not carry the request out. Others may be
 * sent after the work was done: 408, 409, 425, 499 and every 5xx by a proxy that gave up, 303 by a server that did it.
 * After 421 a client or proxy may send a request once more by itself (RFC 9110 §15.5.20).
 */
const NOT_CARRIED_OUT: ReadonlySet<number> = new Set([
  301, 302, 307, 308, 400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422, 429, 431, 451,
]);

/** May the request have been carried out? True for every status not known to say otherwise; null where none came. */
export const mayHaveWorked = (status: number | null): boolean =>
  status === null || !NOT_CARRIED_OUT.has(status);
