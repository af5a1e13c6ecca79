/** Why a query cannot say what the arguments of a call say. */
import { failure, type Failure } from '../../../core/failure.ts';
import type { Method } from '../../../catalogue/operation.ts';

export interface Flaw {
  /** The argument, or the part of it, as the client wrote it. */
  readonly attr: string;
  /** What would be right, as a predicate of `attr`. */
  readonly text: string;
  /** Whether the argument alone does not fit, or two arguments contradict each other. */
  readonly kind: 'invalid' | 'conflict';
}

/** An argument that does not fit: `text` begins like `must be`, `is needed`. */
export const invalid = (attr: string, text: string): Flaw => ({ attr, text, kind: 'invalid' });

/** An argument that contradicts another one. */
export const conflict = (attr: string, text: string): Flaw => ({ attr, text, kind: 'conflict' });

/** The flaw as a 400. */
export function failureOfFlaw({ attr, text, kind }: Flaw, method: Method): Failure {
  const detail = `${attr} ${text}.`;
  if (kind === 'conflict') return failure('input_conflict', detail, attr);
  return failure(method === 'GET' ? 'parameter_invalid' : 'field_invalid', detail, attr);
}
