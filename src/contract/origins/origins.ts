/** Web origins of a tenant's own: what it sends, and what the gateway says of them. */
import * as z from 'zod/mini';
import { Actor, TokenId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';
import { LIMITS } from '../../core/limits.ts';
import { OperatorName } from '../../core/operators.ts';
import { OwnOriginList, OwnOriginRules } from '../../policy/origins/own.ts';
import type { ReadonlyDeep } from '../exact.ts';
import { pageQuery } from '../listing.ts';

/** The body of `PUT`: all of them. */
export const OriginsRequest = lazily(() =>
  z
    .strictObject({
      origins: OwnOriginList().clone().register(z.globalRegistry, {
        description: 'All of them: those left out are taken away.',
      }),
    })
    .register(z.globalRegistry, { id: 'OriginsRequest' }),
);

export const DevelopmentRequest = lazily(() =>
  z
    .strictObject({
      seconds: z
        ._default(
          z.int().check(z.minimum(1), z.maximum(LIMITS.developmentSecondsMax)),
          LIMITS.developmentSecondsDefault,
        )
        .register(z.globalRegistry, { description: 'For so long from now.' }),
    })
    .register(z.globalRegistry, { id: 'DevelopmentRequest' }),
);

export const OwnOrigins = /* @__PURE__ */ lazily(() =>
  z
    .object({
      rules: z.extend(OwnOriginRules, {}).register(z.globalRegistry, {
        description: "`own_origins` of the tenant's record: what it may add.",
      }),
      origins: z.array(
        z.object({
          origin: z.string(),
          in_force: z.boolean().register(z.globalRegistry, {
            description: 'False where the record no longer allows it: then no page is let in by it.',
          }),
          added_at: z.iso.datetime(),
          added_by: TokenId,
        }),
      ),
      development_until: z.nullable(z.iso.datetime()).register(z.globalRegistry, {
        description: 'Until then pages on `localhost` may use the tokens; null where they may not.',
      }),
    })
    .register(z.globalRegistry, { id: 'OwnOrigins' }),
);
export type OwnOrigins = ReadonlyDeep<z.output<ReturnType<typeof OwnOrigins>>>;

const listed = /* @__PURE__ */ lazily(() => z.array(z.string()));

export const OriginChange = /* @__PURE__ */ lazily(() =>
  z
    .object({
      id: z.int().register(z.globalRegistry, { description: 'Counts up.' }),
      at: z.iso.datetime(),
      token: TokenId,
      token_name: z.nullable(z.string()),
      actor: z.nullable(Actor),
      minted_by: z.nullable(OperatorName).register(z.globalRegistry, {
        description: 'The operator who minted the token, or the oldest of its ancestors.',
      }),
      request_id: z.string(),
      added: listed(),
      removed: listed(),
      development_until: z
        .nullable(z.iso.datetime())
        .register(z.globalRegistry, { description: 'As it is since; null where it was off, or was ended.' }),
    })
    .register(z.globalRegistry, { id: 'OriginChange' }),
);
export type OriginChange = ReadonlyDeep<z.output<ReturnType<typeof OriginChange>>>;

/** Where a page of changes starts. Opaque to clients. */
export const OriginChangeCursor = lazily(() => z.string().check(z.regex(/^[1-9][0-9]{0,14}$/)));

export const OriginChangeQuery = lazily(() => pageQuery(OriginChangeCursor()));
