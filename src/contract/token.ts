/** Tokens: what a request for one says, and what the gateway says of one. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod';
import { Actor, TenantId, TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { ScopeName } from '../core/scopes.ts';
import { Narrowing } from '../policy/grant.ts';
import { DeletionBudget } from './deletion-budget.ts';
import { Grant } from './grant.ts';

/** The body of a token request. Every member of the grant may be left out, which means "as the parent has it". */
export const TokenRequest = lazily(() =>
  Narrowing.extend({
    name: z.string().min(1).max(LIMITS.nameCharsMax),
    /** Seconds. */
    expires_in: z.int().min(1).max(LIMITS.tokenSecondsMax).optional(),
    not_before: z.iso.datetime({ offset: true }).optional(),
    actor: Actor.optional().meta({
      description:
        'The end user or the ticket behind the token. The deletion log shows it. Narrower tokens have the same one; they can name one where their parent has none.',
      examples: ['TICKET-1024'],
    }),
  }).meta({ id: 'TokenRequest' }),
);
export type TokenRequest = z.output<ReturnType<typeof TokenRequest>>;

const actor = /* @__PURE__ */ lazily(() =>
  Actor.nullable().meta({
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
        ancestors: z.array(TokenId).meta({ description: 'Oldest first.' }),
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
      deletion_budgets: z.array(DeletionBudget()).nullable().meta({
        description:
          "The tenant's, and that of every token of the chain that has its own. Null where the token may not delete.",
      }),
    })
    .meta({ id: 'Whoami' }),
);

export const IssuedToken = /* @__PURE__ */ lazily(() =>
  z
    .object({
      token: z.string().meta({ description: 'The token itself, shown this once.' }),
      id: TokenId,
      name: z.string(),
      expires_at: z.iso.datetime(),
      not_before: z.iso.datetime().nullable(),
      actor: actor(),
      grant: Grant(),
    })
    .meta({ id: 'IssuedToken' }),
);

/** A token as it is listed. The token itself is kept nowhere. */
export const Token = /* @__PURE__ */ lazily(() =>
  z
    .object({
      id: TokenId,
      name: z.string(),
      parent: TokenId.nullable().meta({
        description: 'The token it was derived from; null for a minted one.',
      }),
      issued_at: z.iso.datetime(),
      expires_at: z.iso.datetime(),
      not_before: z.iso.datetime().nullable(),
      actor: actor(),
      narrowing: Narrowing.extend({ scopes: z.array(ScopeName).optional() }).meta({
        description: 'As it was asked for. Left out means "as the parent has it".',
      }),
      revoked_at: z.iso.datetime().nullable().meta({
        description: 'When the token, or the first of its ancestors, was revoked; null while it can be used.',
      }),
    })
    .meta({ id: 'Token' }),
);
export type Token = z.output<ReturnType<typeof Token>>;

/** Where a page of tokens starts. Opaque to clients. */
export const TokenCursor = lazily(() => z.string().regex(/^[1-9][0-9]{0,14}$/));
