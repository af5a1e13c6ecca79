/** Tokens: what a request for one says, and what the gateway says of one. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod/mini';
import { Actor, TenantId, TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { OperatorName } from '../core/operators.ts';
import { ScopeName } from '../core/scopes.ts';
import { Narrowing } from '../policy/grant.ts';
import { DeletionBudget } from './deletion-budget.ts';
import { Grant } from './grant.ts';

/** On answers to a token that was let in: until when it can be used. */
export const TOKEN_EXPIRES_HEADER = 'Hedgerow-Token-Expires';

/** The body of a token request. Every member of the grant may be left out, which means "as the parent has it". */
export const TokenRequest = lazily(() =>
  z
    .extend(Narrowing, {
      name: z.string().check(z.minLength(1), z.maxLength(LIMITS.nameCharsMax)),
      /** Seconds. */
      expires_in: z.optional(z.int().check(z.minimum(1), z.maximum(LIMITS.tokenSecondsMax))),
      not_before: z.optional(z.iso.datetime({ offset: true })),
      actor: z.optional(Actor).register(z.globalRegistry, {
        description:
          'The end user or the ticket behind the token. The deletion log shows it. Narrower tokens have the same one; they can name one where their parent has none.',
        examples: ['TICKET-1024'],
      }),
    })
    .register(z.globalRegistry, { id: 'TokenRequest' }),
);
export type TokenRequest = z.output<ReturnType<typeof TokenRequest>>;

/** The body of a request for a successor of a token. */
export const ReplaceRequest = lazily(() =>
  z
    .strictObject({
      name: z
        .optional(z.string().check(z.minLength(1), z.maxLength(LIMITS.nameCharsMax)))
        .register(z.globalRegistry, { description: 'Left out: that of the token that is replaced.' }),
      /** Seconds. */
      expires_in: z.optional(z.int().check(z.minimum(1), z.maximum(LIMITS.tokenSecondsMax))),
      overlap_seconds: z
        ._default(
          z.int().check(z.minimum(0), z.maximum(LIMITS.overlapSecondsMax)),
          LIMITS.overlapSecondsDefault,
        )
        .register(z.globalRegistry, {
          description: 'For so long both can be used. 0 ends the one that is replaced at once.',
        }),
    })
    .register(z.globalRegistry, { id: 'ReplaceRequest' }),
);
export type ReplaceRequest = z.output<ReturnType<typeof ReplaceRequest>>;

const actor = /* @__PURE__ */ lazily(() =>
  z.nullable(Actor).register(z.globalRegistry, {
    description: 'The end user or the ticket behind the token; null where none was named.',
  }),
);

export const Whoami = /* @__PURE__ */ lazily(() =>
  z
    .object({
      tenant: TenantId,
      name: z.string(),
      token: z.object({
        id: TokenId,
        actor: actor(),
        issued_at: z.iso.datetime(),
        expires_at: z.iso.datetime(),
        ancestors: z.array(TokenId).register(z.globalRegistry, { description: 'Oldest first.' }),
      }),
      grant: Grant(),
      limits: z.array(
        z.object({
          holder: z.enum(['tenant', 'token']),
          burst: z.int(),
          remaining: z.int(),
          full_again_in_seconds: z.int(),
        }),
      ),
      deletion_budgets: z.nullable(z.array(DeletionBudget())).register(z.globalRegistry, {
        description:
          "The tenant's, and that of every token of the chain that has its own. Null where the token may not delete.",
      }),
    })
    .register(z.globalRegistry, { id: 'Whoami' }),
);

export const IssuedToken = /* @__PURE__ */ lazily(() =>
  z
    .object({
      token: z.string().register(z.globalRegistry, { description: 'The token itself, shown this once.' }),
      id: TokenId,
      name: z.string(),
      expires_at: z.iso.datetime(),
      not_before: z.nullable(z.iso.datetime()),
      actor: actor(),
      grant: Grant(),
    })
    .register(z.globalRegistry, { id: 'IssuedToken' }),
);

/** A token that takes the place of another one. */
export const SuccessorToken = /* @__PURE__ */ lazily(() =>
  z
    .extend(IssuedToken(), {
      replaces: z.object({
        id: TokenId,
        ends_at: z.iso.datetime().register(z.globalRegistry, {
          description: 'From then on it is refused, with every token that was derived from it.',
        }),
      }),
    })
    .register(z.globalRegistry, { id: 'SuccessorToken' }),
);

/** A token as it is listed. The token itself is kept nowhere. */
export const Token = /* @__PURE__ */ lazily(() =>
  z
    .object({
      id: TokenId,
      name: z.string(),
      parent: z.nullable(TokenId).register(z.globalRegistry, {
        description: 'The token it was derived from; null for a minted one.',
      }),
      issued_at: z.iso.datetime(),
      expires_at: z.iso.datetime(),
      not_before: z.nullable(z.iso.datetime()),
      actor: actor(),
      minted_by: z.nullable(OperatorName).register(z.globalRegistry, {
        description: 'The operator who minted it. Null for a derived token, and where it is not known.',
      }),
      kid: z.nullable(z.string()).register(z.globalRegistry, {
        description:
          'The signing key of `TOKEN_SIGNING_KEYS` that it was signed with; null where it is not known.',
      }),
      last_used_at: z.nullable(z.iso.datetime()).register(z.globalRegistry, {
        description:
          'A time at which it was used, and after which it was used for less than an hour. Null where it was not used, or not since this is noted.',
      }),
      narrowing: z.extend(Narrowing, { scopes: z.optional(z.array(ScopeName)) }).register(z.globalRegistry, {
        description: 'As it was asked for. Left out means "as the parent has it".',
      }),
      replaced_by: z.nullable(TokenId).register(z.globalRegistry, {
        description: 'The token that took its place; null where none did.',
      }),
      ends_at: z.nullable(z.iso.datetime()).register(z.globalRegistry, {
        description: 'When it ends because another one took its place; null where none did.',
      }),
      revoked_at: z.nullable(z.iso.datetime()).register(z.globalRegistry, {
        description: 'When the token, or the first of its ancestors, was revoked; null while it can be used.',
      }),
    })
    .register(z.globalRegistry, { id: 'Token' }),
);
export type Token = z.output<ReturnType<typeof Token>>;

/** Where a page of tokens starts. Opaque to clients. */
export const TokenCursor = lazily(() => z.string().check(z.regex(/^[1-9][0-9]{0,14}$/)));
