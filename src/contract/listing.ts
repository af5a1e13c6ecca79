/** Listings of the gateway's own records: a page at a time, by cursor. */
import * as z from 'zod';
import { oneOf, text, whole } from '../catalogue/fields/values.ts';
import { LIMITS } from '../core/limits.ts';

/** A cursor is of one kind, so that a wrong one is the client's mistake and never reaches an object. */
const cursorOf = <S extends z.ZodType<string>>(cursor: S) =>
  text().transform((value, context): z.output<S> => {
    const parsed = cursor.safeParse(value);
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'must be as `next` of the page before has it' });
    return z.NEVER;
  });

const pageFields = <S extends z.ZodType<string>>(cursor: S) => ({
  limit: whole(1, LIMITS.listRowsMax).optional().meta({ default: LIMITS.listRowsDefault }),
  cursor: cursorOf(cursor).optional().meta({ description: 'From `next` of the page before.' }),
});

/** The parameters of a listing that is answered in JSON only. */
export const pageQuery = <S extends z.ZodType<string>>(cursor: S) =>
  z.strictObject({ ...pageFields(cursor), format: oneOf(['json']).optional() });

/** The parameters of a listing that is a table too. */
export const tableQuery = <S extends z.ZodType<string>>(cursor: S) =>
  z.strictObject({
    ...pageFields(cursor),
    format: oneOf(['json', 'csv']).optional().meta({
      description: '`csv`: the same rows as `text/csv`, with the way to the next page in the `Link` header.',
    }),
  });

export const pageOf = <S extends z.ZodType>(row: S) =>
  z.object({ results: z.array(row), next: z.string().nullable() });
