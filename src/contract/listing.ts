/** Listings of the gateway's own records: a page at a time, by cursor. */
import * as z from 'zod/mini';
import { oneOf, text, whole } from '../catalogue/fields/values.ts';
import { LIMITS } from '../core/limits.ts';

/** A cursor is of one kind, so that a wrong one is the client's mistake and never reaches an object. */
const cursorOf = <S extends z.ZodMiniType<string>>(cursor: S) =>
  z.pipe(
    text(),
    z.transform((value, context): z.output<S> => {
      const parsed = cursor.safeParse(value);
      if (parsed.success) return parsed.data;
      context.issues.push({
        code: 'custom',
        message: 'must be as `next` of the page before has it',
        input: value,
      });
      return z.NEVER;
    }),
  );

const pageFields = <S extends z.ZodMiniType<string>>(cursor: S) => ({
  limit: z
    .optional(whole(1, LIMITS.listRowsMax))
    .register(z.globalRegistry, { default: LIMITS.listRowsDefault }),
  cursor: z
    .optional(cursorOf(cursor))
    .register(z.globalRegistry, { description: 'From `next` of the page before.' }),
});

/** The parameters of a listing that is answered in JSON only. */
export const pageQuery = <S extends z.ZodMiniType<string>>(cursor: S) =>
  z.strictObject({ ...pageFields(cursor), format: z.optional(oneOf(['json'])) });

/** The parameters of a listing that is a table too. */
export const tableQuery = <S extends z.ZodMiniType<string>>(cursor: S) =>
  z.strictObject({
    ...pageFields(cursor),
    format: z.optional(oneOf(['json', 'csv'])).register(z.globalRegistry, {
      description: '`csv`: the same rows as `text/csv`, with the way to the next page in the `Link` header.',
    }),
  });

export const pageOf = <S extends z.ZodMiniType>(row: S) =>
  z.object({ results: z.array(row), next: z.nullable(z.string()) });
