import type { Failure } from './failure.ts';

/** Either a value or the failure that took its place. Refusals are values here; an exception is a defect. */
export type Result<T, E = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: E };

/** The value, as a result. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });

/** The failure, as a result. */
export const err = <E>(failure: E): Result<never, E> => ({ ok: false, failure });
