/** The ids of one deletion, a page for each call that it takes. */
import { lazily } from '../../core/lazily.ts';
import * as z from 'zod/mini';
import { whole } from '../../catalogue/fields/values.ts';
import { LIMITS } from '../../core/limits.ts';
import { pageOf } from '../listing.ts';

/** The highest page of the largest deletion, counted from 0. */
const PAGE_MAX = LIMITS.deletionPersonsMax / LIMITS.bulkIdsMax - 1;

export const IdsQuery = lazily(() =>
  z.strictObject({
    cursor: z
      .optional(whole(0, PAGE_MAX))
      .register(z.globalRegistry, { description: 'From `next` of the page before.' }),
  }),
);

export const IdsPage = /* @__PURE__ */ lazily(() => pageOf(z.string()));
