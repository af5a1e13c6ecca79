/** Deletions that the gateway refused, as the log keeps them: who tried what, and why not. Never whom they named. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod/mini';
import { DeletingOperation } from '../../catalogue/deletion.ts';
import { Actor, ProjectId, RegistrationId, TenantId, TokenId } from '../../core/ids.ts';

/** Refusals that the log keeps: of requests that were understood, by the rules of a grant, a budget or a slice. */
export const KEPT_REFUSALS = [
  'deletion_budget_exhausted',
  'deletion_exceeds_budget',
  'deletion_preview_required',
  'deletion_preview_changed',
  'delete_flag_not_granted',
  'idempotency_key_reused',
  'not_sliceable',
  'property_hidden',
  'slice_lookup_too_large',
  'generation_lacks',
  'project_not_current',
  'not_found',
] as const;
export type KeptRefusal = (typeof KEPT_REFUSALS)[number];

const KEPT = new Set<string>(KEPT_REFUSALS);
export const isKeptRefusal = (code: string): code is KeptRefusal => KEPT.has(code);

export const RefusedDeletion = lazily(() =>
  z
    .object({
      code: z.enum(KEPT_REFUSALS),
      refused_at: z.iso.datetime(),
      tenant: TenantId,
      registration: RegistrationId,
      token: TokenId,
      token_name: z.nullable(z.string()),
      actor: z.nullable(Actor),
      ancestors: z.array(TokenId),
      ancestor_names: z.array(z.nullable(z.string())),
      request_id: z.string(),
      operation: DeletingOperation,
      project_id: ProjectId,
      target: z.enum(['uuids', 'distinct_ids', 'person']),
      asked: z
        .int()
        .register(z.globalRegistry, { description: 'How many distinct ids it named. The ids are not kept.' }),
      delete_events: z.boolean(),
      delete_recordings: z.boolean(),
      keep_person: z.boolean(),
    })
    .register(z.globalRegistry, { id: 'RefusedDeletion' }),
);
export type RefusedDeletion = z.output<ReturnType<typeof RefusedDeletion>>;

export const REFUSAL_COLUMNS = lazily((): readonly string[] => Object.keys(RefusedDeletion().shape));

/** Where a page of them starts. Opaque to clients. */
export const RefusalCursor = lazily(() => z.string().check(z.regex(/^[1-9][0-9]{0,15}$/)));
