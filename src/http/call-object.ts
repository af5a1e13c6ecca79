/** Calls one of the gateway's own Durable Objects. */
import { failureUntil } from '../core/failure.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Context } from './context.ts';
import { logObjectFailure } from './log.ts';

const OBJECT_RETRY_SECONDS = 1;

/** The answer of an object. What the object throws is logged for the operator; the client is told to try again. */
export async function callObject<T>({ log }: Context, call: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await call());
  } catch (error) {
    const unavailable = failureUntil(
      'state_unavailable',
      'The record of this tenant cannot be reached at the moment.',
      OBJECT_RETRY_SECONDS,
    );
    logObjectFailure(log, error, unavailable);
    return err(unavailable);
  }
}
