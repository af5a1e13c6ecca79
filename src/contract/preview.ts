/** What a deletion that is previewed would do. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod/mini';
import { anyJson, flag } from '../catalogue/fields/values.ts';
import { DeletionEntry } from './deletion.ts';

export const PreviewQuery = lazily(() =>
  z.strictObject({
    preview: z.optional(flag()).register(z.globalRegistry, {
      description: '`true`: the persons are found and shown, and nothing is sent until it is confirmed.',
    }),
  }),
);

export const DeletionPreview = /* @__PURE__ */ lazily(() =>
  z
    .object({
      digest: z.string().register(z.globalRegistry, {
        description: 'Over the UUIDs of all its persons. Confirming takes it.',
      }),
      persons: z.int().register(z.globalRegistry, {
        description: 'How many persons it would delete; of a token with a slice, all in it.',
      }),
      expires_at: z.iso
        .datetime()
        .register(z.globalRegistry, { description: 'It can be confirmed until then.' }),
      consequences: z
        .array(z.string())
        .register(z.globalRegistry, { description: 'What would happen, in plain words.' }),
      sample: z.array(z.record(z.string(), anyJson())).register(z.globalRegistry, {
        description: 'At most ten of the persons, as the token may see them.',
      }),
    })
    .register(z.globalRegistry, { id: 'DeletionPreview' }),
);
export type DeletionPreview = z.output<ReturnType<typeof DeletionPreview>>;

/** A deletion that was asked for, and what it would do where it is previewed. */
export const CreatedDeletion = /* @__PURE__ */ lazily(() =>
  z
    .extend(DeletionEntry(), {
      preview: z.nullable(DeletionPreview()).register(z.globalRegistry, {
        description:
          'Null where no preview was asked for, and where its persons are still being read: then `GET …/:id/preview` has it later.',
      }),
    })
    .register(z.globalRegistry, { id: 'CreatedDeletion' }),
);
