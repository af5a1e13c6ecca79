/** The deletion log of a tenant on the admin plane, also of a tenant that was removed. */
import { getDeletion, listDeletions } from '../deletions.ts';
import { withTenant } from './guard.ts';

export const deletionsOf = withTenant(listDeletions);
export const deletionOf = withTenant(getDeletion);
