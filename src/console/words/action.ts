/** What an operator did, in plain words. */

const ACTIONS: Readonly<Record<string, string>> = {
  admin_put_tenant: 'registered or replaced',
  admin_patch_tenant: 'changed',
  admin_suspend_tenant: 'suspended',
  admin_resume_tenant: 'resumed',
  admin_delete_tenant: 'removed',
  admin_mint_token: 'minted a token of',
  admin_revoke_token: 'revoked a token of',
  admin_replace_token: 'replaced a token of',
  admin_cancel_deletion: 'cancelled a deletion of',
  admin_approve_deletion: 'approved a deletion of',
  admin_reject_deletion: 'rejected a deletion of',
  admin_abandon_deletion: 'abandoned a deletion of',
  admin_reset_fuse: 'reset the fuse',
  admin_test_alarm: 'sent a test alarm',
};

/** The name of a route where there are no words for it. */
export const actionWords = (action: string): string =>
  (Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined) ?? action;
