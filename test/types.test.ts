/**
 * What the compiler refuses. Each line marked with `@ts-expect-error` would compile if a promise of the types were
 * lost, and then the type check fails at that line. Nothing here is run but what shows that the file was read.
 */
import * as z from 'zod';
import { expect, expectTypeOf, test } from 'vitest';
import { forwarding } from '../src/catalogue/define.ts';
import { NO_REFERENCES } from '../src/catalogue/fields/references.ts';
import type { Call, Entry, Operation } from '../src/catalogue/operation.ts';
import { failure, type FailureCode } from '../src/core/failure.ts';
import type { PersonUuid, ProjectId, TenantId, TokenId } from '../src/core/ids.ts';
import type { Result } from '../src/core/result.ts';
import type { Scope } from '../src/core/scopes.ts';
import type { Admitted } from '../src/http/admission.ts';
import type { Context } from '../src/http/context.ts';
import { enforceSlice } from '../src/http/mirror/enforce-slice.ts';
import { execute } from '../src/http/mirror/execute.ts';
import { constrain, type ConstrainedCall } from '../src/policy/constrain.ts';
import { decide, type PermittedCall, type UpstreamFacts } from '../src/policy/decide.ts';
import { routeCall } from '../src/upstream/route.ts';
import { requestOf, type UpstreamRequest } from '../src/upstream/request.ts';

type ForwardedCall = Extract<Call, { kind: 'forward' }>;

/** Compiled, never called. */
export function onlyWhatWasClearedIsSent(
  call: ForwardedCall,
  ctx: Context,
  admitted: Admitted,
  facts: UpstreamFacts,
) {
  const { grant, caller } = admitted;
  // @ts-expect-error No request is made of a call that was not decided on.
  void requestOf(call);

  // @ts-expect-error A call cannot be made permitted by hand: the mark is known to `decide` alone.
  const forged: PermittedCall = { ...call, permitted: true };

  const decision = decide(grant, caller, call, facts);
  // @ts-expect-error Before the verdict was looked at there is no call.
  void decision.call;
  if (decision.verdict === 'deny') return forged;
  // @ts-expect-error A permitted call that was not narrowed to the slice makes no request.
  if (decision.call.kind === 'forward') void requestOf(decision.call);
  const constrained = constrain(decision.call, grant);
  // @ts-expect-error A narrowed call that was not held to the slice by looking persons up cannot be carried out.
  void execute(ctx, admitted, { kind: 'forward', call: constrained });
  return forged;
}

export async function aClearedCallIsSent(ctx: Context, admitted: Admitted, call: ConstrainedCall) {
  const tombstones = await ctx.services.tombstonesOf(call.projectId, ctx.paying.payer);
  // @ts-expect-error A narrowed call of which no request was made yet cannot be cleared.
  void enforceSlice(ctx, admitted, call, tombstones);
  const routed = routeCall(call, ctx.services.upstream, ctx.log.requestId);
  if (!routed.ok) return routed;
  const cleared = await enforceSlice(ctx, admitted, routed.value, tombstones);
  return cleared.ok ? execute(ctx, admitted, cleared.value) : cleared;
}

const takesTenant = (id: TenantId) => id;
const takesProject = (id: ProjectId) => id;
const takesUuid = (id: PersonUuid) => id;

export function namesAreNotTexts(tenant: TenantId, token: TokenId, uuid: PersonUuid) {
  return [
    takesTenant(tenant),
    // @ts-expect-error A plain text is no tenant.
    takesTenant('acme'),
    // @ts-expect-error Nor is the id of a token.
    takesTenant(token),
    // @ts-expect-error A plain number is no project.
    takesProject(7),
    takesUuid(uuid),
    // @ts-expect-error A text that looks like a UUID was not checked to be one.
    takesUuid('0190c0de-0000-7000-8000-000000000001'),
  ];
}

const ENTRY = {
  id: 'persons_example',
  methods: ['GET'],
  path: 'example',
  scopes: ['person:read'],
  effect: 'read',
  delivery: 'idempotent',
  slicing: { kind: 'answered' },
  ownersProject: [],
  place: 'query',
  input: () => z.strictObject({}),
  reply: {
    status: 200,
    schema: null,
    paging: null,
    rows: null,
    contains: 'nothing',
    refersTo: NO_REFERENCES,
  },
  example: {},
} as const;

export function entriesAreWhole() {
  const { slicing: _slicing, ...withoutSlicing } = ENTRY;
  const { scopes: _scopes, ...withoutScopes } = ENTRY;
  return [
    forwarding(ENTRY),
    // @ts-expect-error An entry has to say how it is sliced.
    forwarding(withoutSlicing),
    // @ts-expect-error An entry has to say what its answer contains of persons.
    forwarding({ ...ENTRY, reply: { ...ENTRY.reply, contains: undefined } }),
    // @ts-expect-error An entry has to say what it needs.
    forwarding(withoutScopes),
    // @ts-expect-error An operation without a scope would be open to every token.
    forwarding({ ...ENTRY, scopes: [] }),
    // @ts-expect-error A scope nobody can be given.
    forwarding({ ...ENTRY, scopes: ['person:everything'] }),
    // @ts-expect-error What erases goes through the deletion log.
    forwarding({ ...ENTRY, effect: 'delete' }),
  ];
}

export function failuresAreOfTheList(request: UpstreamRequest, result: Result<string>) {
  // @ts-expect-error A code that is in no list.
  void failure('oops', 'x');
  // @ts-expect-error There is no place in a request to PostHog for a header of anybody's.
  void ({ ...request, headers: {} } satisfies UpstreamRequest);
  // @ts-expect-error A result has no value before it was looked at.
  void result.value;
  return result.ok ? result.value : result.failure.code;
}

test('The types refuse what the lines above expect them to refuse', () => {
  expectTypeOf<Operation>().toExtend<Entry>();
  expectTypeOf<PermittedCall>().toExtend<Call>();
  expectTypeOf<Call>().not.toExtend<PermittedCall>();
  expectTypeOf<string>().not.toExtend<TenantId>();
  expectTypeOf<Scope>().toExtend<string>();
  expectTypeOf<string>().not.toExtend<FailureCode>();
  expect(forwarding(ENTRY).id).toBe('persons_example');
});
