/** The parameters by which a client chooses how a success is rendered. Every operation takes them, in the query. */
import * as z from 'zod/mini';
import { failure } from '../core/failure.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Input } from './arguments.ts';
import { fromQuery, json, text } from './fields/values.ts';
import type { Entry, Format } from './operation.ts';

export const FORMAT = 'format';
export const COLUMNS = 'columns';

/** Properties that may have a column of their own in one table. */
const COLUMNS_MAX = 50;

export const Columns = json(z.array(text(400)).check(z.minLength(1), z.maxLength(COLUMNS_MAX))).check(
  z.refine((names) => new Set(names).size === names.length),
);

/** Names of the parameters that an operation takes besides its fields. */
export const formatParameters = ({ reply }: Pick<Entry, 'reply'>): readonly string[] =>
  reply.rows === null ? [FORMAT] : [FORMAT, COLUMNS];

/** Takes the format out of what was sent. CSV only where there are rows; PostHog is always asked for JSON. */
export function takeFormat(
  entry: Pick<Entry, 'reply'>,
  sent: Input,
): Result<{ readonly format: Format; readonly rest: Input }> {
  const query = new Map(sent.query);
  query.delete(FORMAT);
  if (entry.reply.rows !== null) query.delete(COLUMNS);
  const rest = { query, body: sent.body };
  const name = sent.query.get(FORMAT) ?? 'json';
  const columns = entry.reply.rows === null ? undefined : sent.query.get(COLUMNS);
  if (name === 'json') {
    return columns === undefined
      ? ok({ format: { kind: 'json' }, rest })
      : err(
          failure(
            'parameter_invalid',
            'columns: only with format=csv. Leave it out, or ask for CSV.',
            COLUMNS,
          ),
        );
  }
  if (name !== 'csv' || entry.reply.rows === null) {
    const accepted = entry.reply.rows === null ? 'json' : 'json, csv';
    return err(failure('parameter_invalid', `format: accepted here: ${accepted}.`, FORMAT));
  }
  const names = readColumns(columns);
  return names.ok ? ok({ format: { kind: 'csv', columns: names.value }, rest }) : names;
}

function readColumns(value: string | undefined): Result<readonly string[]> {
  if (value === undefined) return ok([]);
  const read = fromQuery(Columns, value);
  const parsed = read.ok ? Columns.safeParse(read.value) : read;
  if ('success' in parsed && parsed.success) return ok(parsed.data);
  return err(
    failure(
      'parameter_invalid',
      `columns: a JSON list of 1 to ${COLUMNS_MAX} different property names, like ["email","plan"].`,
      COLUMNS,
    ),
  );
}
