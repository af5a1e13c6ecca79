/** What a deletion that is previewed would do. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod';
import { anyJson, flag } from '../catalogue/fields/values.ts';
import { DeletionEntry } from './deletion.ts';

export const PreviewQuery = lazily(() =>
  z.strictObject({
    preview: flag().optional().meta({
      description: '`true`: the persons are found and shown, and nothing is sent until it is confirmed.',
    }),
  }),
);

export const DeletionPreview = /* @__PURE__ */ lazily(() =>
  z
    .object({
      digest: z.string().meta({ description: 'Over the UUIDs of all its persons. Confirming takes it.' }),
      persons: z
        .int()
        .meta({ description: 'How many persons it would delete; of a token with a slice, all in it.' }),
      expires_at: z.iso.datetime().meta({ description: 'It can be confirmed until then.' }),
      consequences: z.array(z.string()).meta({ description: 'What would happen, in plain words.' }),
      sample: z
        .array(z.record(z.string(), anyJson()))
        .meta({ description: 'At most ten of the persons, as the token may see them.' }),
    })
    .meta({ id: 'DeletionPreview' }),
);
export type DeletionPreview = z.output<ReturnType<typeof DeletionPreview>>;

/** A deletion that was asked for, and what it would do where it is previewed. */
export const CreatedDeletion = /* @__PURE__ */ lazily(() =>
  DeletionEntry()
    .extend({
      preview: DeletionPreview().nullable().meta({
        description:
          'Null where no preview was asked for, and where its persons are still being read: then `GET …/:id/preview` has it later.',
      }),
    })
    .meta({ id: 'CreatedDeletion' }),
);
