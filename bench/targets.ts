/** Everything that is measured, running. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { gatewaySetup, mintToken, type Bundle, type PostHog } from './gateway.ts';
import { find } from './machine.ts';
import type { Target } from './measure.ts';
import { startNginxProxy } from './nginx.ts';
import { bareSetup } from './peers.ts';
import { BASE } from './report.ts';
import type { Upstream } from './upstream.ts';
import { startWorkerd } from './workerd.ts';

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
    gateways.push({ name, token: await mintToken(served.origin), ...served });
  }
  // All are sent a token of the same length; the gateways alone read theirs.
  const token = gateways[0]?.token ?? '';
  const bare = await startWorkerd(join(folder, 'bare'), bareSetup(postHog));
  const nginx = find('nginx');
  const proxy = nginx === null ? null : await startNginxProxy(nginx, folder, postHog);
  return [
    { name: `direct (${upstream.kind})`, token, ...upstream },
    ...(proxy === null ? [] : [{ name: 'nginx, key and limit_req', token, ...proxy }]),
    { name: BASE, token, ...bare },
    ...gateways,
  ];
}
