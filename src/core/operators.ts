/** Operators: the people, or programs, that hold an admin token, and what each of them may do. */
import * as z from 'zod/mini';

/** What an operator is called in the audit log. Lower case, so that no two names differ by case alone. */
export const OperatorName = z
  .string()
  .check(
    z.regex(
      /^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$/,
      'must be 1 to 64 of a-z, 0-9 and ._@-, beginning and ending with a letter or digit',
    ),
  )
  .brand<'OperatorName'>();
export type OperatorName = z.output<typeof OperatorName>;

/**
 * From the one that may do least. A `viewer` reads; an `operator` also suspends and resumes tenants, mints and revokes
 * tokens, and decides about deletions; an `owner` also registers, changes and removes tenants, and resets the fuse.
 */
export const ROLES = ['viewer', 'operator', 'owner'] as const;
export type Role = (typeof ROLES)[number];

export interface Operator {
  readonly name: OperatorName;
  readonly role: Role;
}

/** May a holder of `role` do what needs `needed`? */
export const includesRole = (role: Role, needed: Role): boolean =>
  ROLES.indexOf(role) >= ROLES.indexOf(needed);
