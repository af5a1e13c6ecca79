/** The gateway as it is deployed: bundled by wrangler, with the variables and objects of its wrangler.toml. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { readWorkerConfig } from '../scripts/worker-config.ts';
import type { WorkerSetup } from './workerd.ts';

const REPOSITORY = join(import.meta.dirname, '..');

/** Bundles the gateway into the folder, as a deploy does; `names` keeps those of functions. Returns the bundle's path. */
export function buildGateway(folder: string, names: 'minified' | 'kept' = 'minified'): string {
  const wrangler = join(REPOSITORY, 'node_modules/wrangler/bin/wrangler.js');
  execFileSync(
    process.execPath,
    [
      wrangler,
      'deploy',
      '--dry-run',
      '--env=',
      ...(names === 'kept' ? [] : ['--minify']),
      '--outdir',
      folder,
    ],
    {
      cwd: REPOSITORY,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
    },
  );
  return join(folder, 'index.js');
}

/** A build of the gateway. */
export interface Bundle {
  readonly name: string;
  readonly code: string;
}

export const readBundle = (name: string, path: string): Bundle => ({
  name,
  code: readFileSync(path, 'utf8'),
});

/** What limits of platforms and this project's aim count. */
export const gzipBytesOf = (code: string): number => gzipSync(code).length;

/** What stands in for PostHog. */
export interface PostHog {
  readonly origin: string;
  readonly key: string;
}

const config = readWorkerConfig('wrangler.toml');

/** What decides how the runtime behaves. */
export const COMPATIBILITY = {
  compatibilityDate: config.compatibility_date,
  compatibilityFlags: config.compatibility_flags,
};

const ADMIN_TOKEN = randomBytes(32).toString('base64url');
const SIGNING_KEYS = `k1:${randomBytes(32).toString('base64url')}`;

/** How to run a bundle of the gateway in front of an upstream. */
export const gatewaySetup = (code: string, postHog: PostHog): WorkerSetup => ({
  code,
  ...COMPATIBILITY,
  variables: {
    ...config.vars,
    POSTHOG_HOST: postHog.origin,
    POSTHOG_PERSONAL_API_KEY: postHog.key,
    UPSTREAM_REQUESTS_PER_MINUTE: '10000000',
    ADMIN_TOKEN,
    TOKEN_SIGNING_KEYS: SIGNING_KEYS,
  },
  objects: config.durable_objects.bindings.map(({ name, class_name: className }) => ({ name, className })),
});

/** A rate nothing here comes near. */
const TENANT = {
  name: 'Bench',
  project_id: 1,
  scopes: ['person:read'],
  rate: { requests_per_minute: 10_000_000, burst: 1_000_000 },
};

const Minted = z.object({ token: z.string() });

/**
 * Registers a tenant with a running gateway and mints a token, over HTTP as an operator would. `more` are members of its
 * record.
 */
export async function mintToken(origin: string, tenant = 'bench', more: object = {}): Promise<string> {
  await asAdmin(origin, 'PUT', `/admin/v1/tenants/${tenant}`, { ...TENANT, ...more });
  return mint(origin, tenant);
}

/** Several tokens of a new tenant. */
export async function mintTokens(origin: string, tenant: string, count: number): Promise<string[]> {
  const tokens = [await mintToken(origin, tenant)];
  while (tokens.length < count) tokens.push(await mint(origin, tenant));
  return tokens;
}

async function mint(origin: string, tenant: string): Promise<string> {
  const minted = await asAdmin(origin, 'POST', `/admin/v1/tenants/${tenant}/tokens`, { name: 'bench' });
  return Minted.parse(minted).token;
}

async function asAdmin(origin: string, method: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(origin + path, {
    method,
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok)
    throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}
