/** Gateways for the three generations of PostHog, over one sandbox that changes generation with them. */
import { afterAll } from 'vitest';
import { GENERATIONS, type Generation } from '../../src/catalogue/generation.ts';
import { clientOf, type Answer } from './client.ts';
import { ADMIN_TOKEN, SECRETS } from './secrets.ts';
import { launch, startStack, UNHURRIED, type Stack } from './stack.ts';
import { tenantsOf } from './tenants.ts';

type Bindings = Readonly<Record<string, string>>;

/** Starts one more gateway over the sandbox of a stack, which stops when the file that calls it is done. */
export async function startGateway(stack: Stack, bindings: Bindings): Promise<Stack> {
  const { recorder, sandboxOrigin } = stack;
  const gateway = await launch(
    'wrangler.toml',
    { ...SECRETS, ...UNHURRIED, POSTHOG_HOST: sandboxOrigin, ...bindings },
    (line) => recorder.lines.push(line),
  );
  afterAll(() => gateway.stop());
  const send = clientOf(gateway.origin, recorder);
  const admin: Stack['admin'] = (method, path, json) =>
    send(method, `/admin/v1/tenants${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
  return {
    ...stack,
    origin: gateway.origin,
    send,
    admin,
    tenants: tenantsOf(admin, send),
    get: (token, path, sending = {}): Promise<Answer> => send('GET', path, { ...sending, token }),
  };
}

export interface World extends Stack {
  readonly generation: Generation;
  /** A fresh world of this generation, with nothing received. */
  readonly reset: (settings?: Readonly<Record<string, unknown>>) => Promise<void>;
}

const worldOf = (stack: Stack, generation: Generation): World => ({
  ...stack,
  generation,
  reset: (settings = {}) => stack.sandbox.reset({ generation, ...settings }),
});

/** One world per generation, in their order. They share a sandbox: each test begins with `reset`. */
export async function startWorlds(
  bindings: Bindings = { POSTHOG_OWNERS_PROJECT: '1' },
  generations: readonly [Generation, ...Generation[]] = GENERATIONS,
): Promise<[World, ...World[]]> {
  const [first, ...others] = generations;
  const of = (generation: Generation) => ({ ...bindings, POSTHOG_GENERATION: generation });
  const stack = await startStack({ bindings: of(first) });
  const rest = await Promise.all(
    others.map(async (generation) => worldOf(await startGateway(stack, of(generation)), generation)),
  );
  return [worldOf(stack, first), ...rest];
}

/** Acme's people: what most tests about slices are about. */
export const SLICE = { slice: { property: 'tenant_id', value: 'acme' } } as const;
/** The same as PostHog is sent it. */
export const LEAF = { key: 'tenant_id', value: 'acme', operator: 'exact', type: 'person' } as const;

export const PERSONS = '/api/projects/1/persons';

/** What is the same in two answers to callers who may not tell two things apart. */
export const told = ({ status, headers, text }: Answer) => {
  const { date: _date, ratelimit: _rate, 'x-request-id': id = '', ...others } = headers;
  const { 'hedgerow-token-expires': _left, ...rest } = others;
  const { 'content-length': _length, 'hedgerow-deletion': entry = '', location: _location, ...kept } = rest;
  const named = entry === '' ? {} : { 'hedgerow-deletion': 'an entry', location: 'of the log' };
  return { status, headers: { ...kept, ...named }, text: text.replaceAll(id, 'req') };
};
