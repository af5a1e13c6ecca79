/** What a person says who decides about a deletion. The log keeps the words. */
import * as z from 'zod';
import { text } from '../../catalogue/fields/values.ts';
import { LIMITS } from '../../core/limits.ts';

const reason = () => text(LIMITS.reasonCharsMax).meta({ description: 'Kept in the log, as `note`.' });

export const GivenReason = z.strictObject({ reason: reason().optional() });
export const NeededReason = z.strictObject({ reason: reason() });
