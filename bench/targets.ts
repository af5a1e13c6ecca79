/** Everything that is measured, running. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '../src/core/limits.ts';
import { gatewaySetup, mintToken, mintTokens, type Bundle, type PostHog } from './gateway.ts';
import { SENDS_BY_TURNS } from './load.ts';
import { find } from './machine.ts';
import type { Target } from './measure.ts';
import { startNginxProxy } from './nginx.ts';
import { bareSetup, leastSetup } from './peers.ts';
import { BASE } from './report.ts';
import type { Upstream } from './upstream.ts';
import { startWorkerd } from './workerd.ts';

/**
 * Tokens of which each is used less than once a second, so that none is leased anything and each request asks the tenant's
 * object. Fewer than an isolate remembers.
 */
const QUIET_TOKENS = LIMITS.leasedTokensMax - 200;

/**
 * Starts the targets, each with a folder of its own below `folder`. The upstream itself is the first; where nginx is
 * not installed, it is missing.
 */
export async function startTargets(
  folder: string,
  bundles: readonly Bundle[],
  upstream: Upstream,
  postHog: PostHog,
): Promise<Target[]> {
  const gateways: Target[] = [];
  for (const { name, code } of bundles) {
    const served = await startWorkerd(mkdtempSync(join(folder, 'gateway-')), gatewaySetup(code, postHog));
    const token = await mintToken(served.origin);
    gateways.push({ name, token, cacheControl: 'no-cache', ...served });
    // A build of before may know nothing of answers that are given again.
    if (code !== bundles[0]?.code) continue;
    if (SENDS_BY_TURNS) {
      const tokensByTurns = await mintTokens(served.origin, 'quiet', QUIET_TOKENS);
      gateways.push({
        name: `${name}, a hop each`,
        token,
        tokensByTurns,
        cacheControl: 'no-cache',
        ...served,
      });
    }
    gateways.push({ name: `${name}, same reads together`, token, cacheControl: null, ...served });
    const remembering = await mintToken(served.origin, 'remembering', { reads: { remember_seconds: 60 } });
    gateways.push({ name: `${name}, remembered answers`, token: remembering, cacheControl: null, ...served });
  }
  // All are sent a token of the same length; the gateways alone read theirs.
  const token = gateways[0]?.token ?? '';
  const cacheControl = 'no-cache' as const;
  const bare = await startWorkerd(join(folder, 'bare'), bareSetup(postHog));
  const least = await startWorkerd(join(folder, 'least'), leastSetup(postHog));
  const nginx = find('nginx');
  const proxy = nginx === null ? null : await startNginxProxy(nginx, folder, postHog);
  return [
    { name: `direct (${upstream.kind})`, token, cacheControl, ...upstream },
    ...(proxy === null ? [] : [{ name: 'nginx, key and limit_req', token, cacheControl, ...proxy }]),
    { name: BASE, token, cacheControl, ...bare },
    { name: 'least Worker', token, cacheControl, ...least },
    ...gateways,
  ];
}
