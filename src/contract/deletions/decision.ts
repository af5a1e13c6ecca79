/** What a person says who decides about a deletion. The log keeps the words. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod/mini';
import { text } from '../../catalogue/fields/values.ts';
import { LIMITS } from '../../core/limits.ts';

const reason = () =>
  text(LIMITS.reasonCharsMax)
    .clone()
    .register(z.globalRegistry, { description: 'Kept in the log, as `note`.' });

/** The digest of the preview that is confirmed. */
export const ConfirmedDigest = lazily(() =>
  z.strictObject({
    digest: z
      .string()
      .check(
        z.regex(/^sha256:[0-9a-f]{64}$/, 'must be the digest of the preview: `sha256:` and 64 hex digits'),
      )
      .register(z.globalRegistry, { description: 'Of the preview that was shown.' }),
  }),
);

export const GivenReason = lazily(() => z.strictObject({ reason: z.optional(reason()) }));
export const NeededReason = lazily(() => z.strictObject({ reason: reason() }));
