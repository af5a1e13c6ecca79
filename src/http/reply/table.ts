import type { Links } from '../../upstream/links.ts';
import { csvOf } from './csv.ts';
import type { Reply } from '../context.ts';

/** Rows as a table. That has no place for links, so the way to the next page goes into a header (RFC 8288). */
export const tableReply = (status: number, rows: readonly object[], links: Links): Reply => ({
  status,
  type: 'text/csv; charset=utf-8',
  body: csvOf(rows),
  headers: typeof links.next === 'string' ? { Link: `<${links.next}>; rel="next"` } : {},
});
