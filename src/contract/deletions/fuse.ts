/** What the routes of the operator's fuse answer. */
import * as z from 'zod';
import { LIMITS } from '../../core/limits.ts';

export const FuseStatus = z
  .strictObject({
    persons_per_day: z
      .int()
      .min(0)
      .max(LIMITS.personsPerDayMax)
      .nullable()
      .meta({ description: '`DELETE_FUSE_PERSONS_PER_DAY`; null where no fuse is set.' }),
    persons_counted: z
      .int()
      .min(0)
      .meta({ description: 'Persons of deletions that were let through in the last 24 hours.' }),
    blown_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Since when deletions of all tenants are held; null while none is held.' }),
  })
  .meta({ id: 'Fuse' });

export type FuseStatus = z.output<typeof FuseStatus>;
