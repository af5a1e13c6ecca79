import { problem, type Refusal } from '../wire/errors.ts';

/**
 * 400 for what upstream would answer and the sandbox does not compute. Pretending to would hide that something let it
 * through: most of it is SQL of the caller's.
 */
export function unsupported(what: string): Refusal {
  return problem(400, 'validation_error', 'unsupported', `The sandbox ${what}`);
}
