/**
 * Revoking, suspending, narrowing and deleting, at random moments under load. Each of the four isolates is a workerd of
 * its own, and one after the other is killed with SIGKILL; a fifth has the objects: tenants and shields crash, and tenants are
 * evicted. PostHog goes on showing deleted persons, as its Cloud does for a while. `ISOLATE_ROUNDS` sets how often each change
 * is made, and `FC_SEED` the moments.
 */
import { afterAll, expect, test } from 'vitest';
import type { ChangeKind } from '../support/isolates/changes.ts';
import { startProcesses } from '../support/isolates/processes.ts';
import { playRounds } from '../support/isolates/rounds.ts';
import { sandboxControl } from '../support/sandbox.ts';
import { KEY, SECRETS } from '../support/secrets.ts';
import { launch, UNHURRIED } from '../support/stack.ts';

const ROUNDS = Number(process.env['ISOLATE_ROUNDS'] ?? 20);
const SEED = Number(process.env['FC_SEED'] ?? 20_261_128);
const KINDS: readonly ChangeKind[] = ['revoke', 'suspend', 'narrow', 'delete'];
/** Rounds at once: each has a tenant and a person of its own. */
const AT_ONCE = { min: 4, max: 40 };

const sandboxWorker = await launch('src/sandbox/wrangler.toml', { SANDBOX_API_KEY: KEY });
const sandbox = sandboxControl(sandboxWorker.origin);
await sandbox.reset({ generation: 'C', deletion_delay_ms: null });
/** A deletion whose attempt ends with its object is sent again after this and a little more: no round waits long for one. */
const TIMEOUT_MS = '5000';
const processes = await startProcesses(4, {
  ...SECRETS,
  ...UNHURRIED,
  READ_TIMEOUT_MS: TIMEOUT_MS,
  SLOW_TIMEOUT_MS: TIMEOUT_MS,
  POSTHOG_HOST: sandboxWorker.origin,
  POSTHOG_GENERATION: 'C',
});
afterAll(() => Promise.all([processes.stop(), sandboxWorker.stop()]));

test(
  `What is revoked, suspended, narrowed or deleted ${ROUNDS} times is so in every isolate once it is answered, wherever isolates are killed and objects restart`,
  async () => {
    const played = await playRounds({
      processes,
      sandbox,
      kinds: KINDS,
      rounds: ROUNDS,
      atOnce: AT_ONCE,
      seed: SEED,
    });
    expect(played.forbidden).toEqual([]);
    const { leased, remembered, kills, crashes, evictions } = played;
    expect(Math.min(leased, remembered, kills, crashes, evictions), JSON.stringify(played)).toBeGreaterThan(
      0,
    );
  },
  600_000 + ROUNDS * 5000,
);
