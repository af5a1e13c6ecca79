import type { ConstrainedCall } from '../../policy/constrain.ts';
import { ok, type Result } from '../../core/result.ts';
import { JSON_TYPE, type Context, type Reply } from '../context.ts';
import { CSV_TYPE } from '../reply/csv.ts';

/** The answer to HEAD of a listing, which needs no rows and so asks PostHog for none; `null` for other requests. */
export function headReply(
  { request }: Context,
  { operation, format }: ConstrainedCall,
): Result<Reply> | null {
  if (request.method !== 'HEAD' || operation.reply.paging === null) return null;
  const type = format.kind === 'csv' ? CSV_TYPE : JSON_TYPE;
  return ok({ status: operation.reply.status, type, body: null });
}
