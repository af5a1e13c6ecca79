import type { Generation, Key } from '../store/settings.ts';
import { denied } from '../wire/errors.ts';

function satisfies(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true;
  return wanted.endsWith(':read') && held.includes(wanted.replace(/:read$/, ':write'));
}

/**
 * Refuses a key that lacks a scope. An action that declares none is closed to every key with a scope list, `*` included.
 * A key with an empty list passes everything in generation A, and nothing since March 2026 (corrections §3, 2.1).
 */
export function checkScopes(key: Key, wanted: readonly string[], generation: Generation): void {
  if (key.scopes.length === 0 && generation === 'A') return;
  if (wanted.length === 0) throw denied('This action does not support Personal API Key access');
  for (const scope of wanted) {
    if (!satisfies(key.scopes, scope)) throw denied(`API key missing required scope '${scope}'`);
  }
}
