/** What a deletion that is previewed would do. */
import * as z from 'zod';

export const DeletionPreview = z
  .object({
    digest: z.string().meta({ description: 'Over the UUIDs of all its persons. Confirming takes it.' }),
    persons: z
      .int()
      .meta({ description: 'How many persons it would delete; of a token with a slice, all in it.' }),
    expires_at: z.iso.datetime().meta({ description: 'It can be confirmed until then.' }),
    consequences: z.array(z.string()).meta({ description: 'What would happen, in plain words.' }),
    sample: z
      .array(z.looseObject({}))
      .meta({ description: 'At most ten of the persons, as the token may see them.' }),
  })
  .meta({ id: 'DeletionPreview' });
export type DeletionPreview = z.output<typeof DeletionPreview>;
