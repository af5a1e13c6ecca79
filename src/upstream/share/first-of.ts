/** Waits for a pacer: until it answers, the client leaves, or patience ends. */
import type { Result } from '../../core/result.ts';

export type Turn<T> =
  | { readonly kind: 'answered'; readonly result: Result<T> }
  | { readonly kind: 'left' }
  | { readonly kind: 'unreachable'; readonly error: unknown };

export async function firstOf<T>(
  asked: Promise<Result<T>>,
  left: AbortSignal,
  patienceMs: number,
): Promise<Turn<T>> {
  const { promise, resolve } = Promise.withResolvers<Turn<T>>();
  const leave = () => resolve({ kind: 'left' });
  const timer = setTimeout(
    () => resolve({ kind: 'unreachable', error: new Error('The pacer does not answer.') }),
    patienceMs,
  );
  left.addEventListener('abort', leave);
  if (left.aborted) leave();
  asked.then(
    (result) => resolve({ kind: 'answered', result }),
    (error: unknown) => resolve({ kind: 'unreachable', error }),
  );
  const turn = await promise;
  clearTimeout(timer);
  left.removeEventListener('abort', leave);
  return turn;
}
