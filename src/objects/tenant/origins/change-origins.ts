import type { TokenId } from '../../../core/ids.ts';
import { err, type Result } from '../../../core/result.ts';
import { checkAdmission, UNKNOWN } from '../admission.ts';
import type { StoredTenant } from '../record-store.ts';
import type { TokenStore } from '../token-store.ts';
import type { OriginsAnswer, OriginsChange, OriginStore } from './origin-store.ts';

interface OriginsState {
  readonly stored: StoredTenant | null;
  readonly tokens: TokenStore;
  readonly origins: OriginStore;
}

/** Changes a tenant's own origins for a token, which must still be one of the tenant's. */
export function changeOrigins(
  { stored, tokens, origins }: OriginsState,
  change: OriginsChange,
  nowMs: number,
): Result<OriginsAnswer> {
  const { registration, chain } = change.by;
  const [oldest, token] = [chain[0], chain.at(-1)];
  if (stored === null || oldest === undefined || token === undefined) return err(UNKNOWN);
  const links = chain.map((id) => ({ id }));
  const hasEnded = (id: TokenId) => tokens.hasEnded(id, nowMs);
  const why = checkAdmission(stored, registration, token, links, hasEnded);
  if (why !== null) return err(why);
  const [name = null] = tokens.namesOf([token]);
  const author = { token, name, minter: tokens.minterOf(oldest) };
  return origins.change(stored.record.own_origins, change, author, nowMs);
}
