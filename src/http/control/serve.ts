/**
 * Binds a handler to its route: the guard takes the credential, the input is read as the contract has it, the handler
 * answers, and the answer is rendered. The compiler holds it to the members that the route is documented with.
 */
import type { ReplyOf } from '../../contract/documentation.ts';
import type { Exactly } from '../../contract/exact.ts';
import type { ControlRoute } from '../../contract/control-route.ts';
import { ROUTE_BY_NAME, type ControlRouteName, type InputOf } from '../../contract/routes.ts';
import { ok, type Result } from '../../core/result.ts';
import { jsonReply, type Context, type Handler, type Reply } from '../context.ts';
import { readInput } from './input.ts';

/** The JSON value of a success. A success without a body is `null`. */
export interface Answer<T> {
  readonly value: T;
  /** Where it is not the route's own. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What was changed, for the audit log. */
  readonly change?: Change;
  /** The same in another form, where the client asked for one. */
  readonly rendered?: Pick<Reply, 'type' | 'body' | 'headers'>;
}

/** A record before and after a change of it, without secrets. Null where it was or is not there. */
export interface Change {
  readonly before?: object | null;
  readonly after?: object | null;
}

export const answer = <T>(value: T, more: Omit<Answer<T>, 'value'> = {}): Result<Answer<T>, never> =>
  ok({ value, ...more });

export interface ControlContext<N extends ControlRouteName> extends Context {
  readonly input: InputOf<N>;
}

/** A handler with the route it answers. */
export interface Served<N extends ControlRouteName> {
  readonly name: N;
  readonly handler: Handler;
}

/** Says who is asking, or refuses. */
type Guard<Access> = (ctx: Context, route: ControlRoute) => Promise<Result<Access>>;

type Serve<Access> = <N extends ControlRouteName, Value extends ReplyOf<N>>(
  name: N,
  handler: ((ctx: ControlContext<N>, access: Access) => Promise<Result<Answer<Value>>>) &
    Exactly<ReplyOf<N>, Value>,
) => Served<N>;

/** What is done around a handler, once its input was read. */
type Around<Access> = <T>(
  ctx: Context,
  route: ControlRoute,
  access: Access,
  act: () => Promise<Result<Answer<T>>>,
) => Promise<Result<Answer<T>>>;

export const servedBehind =
  <Access>(
    guard: Guard<Access>,
    around: Around<Access> = (_ctx, _route, _access, act) => act(),
  ): Serve<Access> =>
  (name, handler) => ({
    name,
    handler: async (ctx) => {
      const route = ROUTE_BY_NAME[name];
      const access = await guard(ctx, route);
      if (!access.ok) return access;
      const input = await readInput(ctx, route);
      if (!input.ok) return input;
      const answered = await around(ctx, route, access.value, () =>
        handler({ ...ctx, input: input.value }, access.value),
      );
      return answered.ok ? ok(replyOf(answered.value, route)) : answered;
    },
  });

function replyOf({ value, status, headers = {}, rendered }: Answer<unknown>, route: ControlRoute): Reply {
  const code = status ?? route.status;
  if (rendered !== undefined)
    return { status: code, ...rendered, headers: { ...headers, ...rendered.headers } };
  return value === null ? { status: code, type: null, body: null, headers } : jsonReply(code, value, headers);
}
