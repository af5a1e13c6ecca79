/** `/v1/origins`: web origins that a tenant adds by itself, within what its record allows. */
import { failure } from '../../../core/failure.ts';
import { err, type Result } from '../../../core/result.ts';
import type { IfMatch } from '../../../objects/tenant/etag.ts';
import type { OriginsAnswer, OriginsChange } from '../../../objects/tenant/tenant.ts';
import { notGranted } from '../../../policy/origins/own.ts';
import type { Admitted } from '../../admission.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { readIfMatch } from '../../input/if-match.ts';
import { originsAnswer } from '../origins.ts';
import { withToken } from './guard.ts';

/** `GET /v1/origins` */
export const getOrigins = withToken('get_origins', async (ctx, admitted) => {
  const refusal = checkBackend(admitted);
  if (refusal !== null) return err(refusal);
  const found = await callObject(ctx, () => ctx.services.tenant(admitted.principal.tenant).origins());
  if (!found.ok) return found;
  return found.value === null ? err(gone()) : originsAnswer(found.value);
});

/** `PUT /v1/origins`: all of them. */
export const putOrigins = withToken('put_origins', async (ctx, admitted) => {
  const ifMatch = readIfMatch(ctx.request.headers);
  if (!ifMatch.ok) return ifMatch;
  const { origins } = ctx.input.body;
  return change(ctx, admitted, { kind: 'list', origins }, ifMatch.value);
});

/** `PUT /v1/origins/development` */
export const startDevelopment = withToken('start_development', async (ctx, admitted) =>
  change(ctx, admitted, { kind: 'development', seconds: ctx.input.body.seconds }),
);

/** `DELETE /v1/origins/development` */
export const endDevelopment = withToken('end_development', async (ctx, admitted) =>
  change(ctx, admitted, { kind: 'development', seconds: 0 }),
);

async function change(
  ctx: Context,
  admitted: Admitted,
  order: OriginsChange['order'],
  ifMatch: IfMatch = null,
) {
  const refusal = checkBackend(admitted);
  if (refusal !== null) return err(refusal);
  const { principal, registration, chain } = admitted;
  const by = {
    registration,
    chain: chain.map(({ id }) => id),
    actor: principal.actor,
    requestId: ctx.log.requestId,
  };
  const changed: Result<Result<OriginsAnswer>> = await callObject(ctx, () =>
    ctx.services.tenant(principal.tenant).changeOrigins({ order, by, ifMatch }),
  );
  if (!changed.ok) return changed;
  return changed.value.ok ? originsAnswer(changed.value.value) : changed.value;
}

/** No page decides about pages, and no token that was made for certain ones about others. */
function checkBackend({ principal, caller }: Admitted) {
  if (caller.origin !== null)
    return notGranted(
      'Web pages cannot ask this: call it from a server, without the header Origin.',
      'Origin',
    );
  const lists = [...principal.ancestors, principal].some(({ narrowing }) => narrowing.origins !== undefined);
  return lists
    ? notGranted('This token, or one it was derived from, lists web origins: it can change no others.', null)
    : null;
}

const gone = () => failure('tenant_unknown', 'The tenant of this token is not registered here any more.');
