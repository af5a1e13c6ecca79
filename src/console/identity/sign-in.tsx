/** Signing in and out. */
import type { Child } from 'hono/jsx';
import { HedgerowError } from '../../client/hedgerow-error.ts';
import type { ConsoleEnv, SignIn } from '../config.ts';
import { gatewayWith } from '../gateway/gateway.ts';
import { logDefect } from '../log.ts';
import type { Form } from '../page.ts';
import { aloneResponse, redirect } from '../respond/respond.tsx';
import { failurePage } from '../pages/problem.tsx';
import { Note } from '../view/parts.tsx';
import { span } from '../view/text.tsx';
import type { Identity, Why } from './identify.ts';
import { returnPath } from './return-path.ts';
import { NO_SESSION_COOKIE, sessionCookie, sessionOf, type Session } from './session.ts';

const WHY: Readonly<Record<Why, string | null>> = {
  begin: null,
  expired: 'Your session has ended. Nothing was changed since. Sign in again to go on where you were.',
  credential: 'Your admin token was replaced or taken out. Sign in with the one you have now.',
  access:
    'Cloudflare Access has not signed this request. Open the console by its own domain, and look at ACCESS_TEAM and ACCESS_AUDIENCE.',
  stranger:
    'Cloudflare Access let you in, and your address is in no entry of ACCESS_OPERATORS. Ask an owner to add it.',
  keys: 'The keys of Cloudflare Access cannot be read. Look at ACCESS_TEAM, and try again in a moment.',
};

const isWhy = (text: string): text is Why => Object.hasOwn(WHY, text);

/** `GET /sign-in`. Who has signed in goes on. */
export function signInPage(how: SignIn, identity: Identity, url: URL): Response | Promise<Response> {
  const next = returnPath(url.searchParams.get('next'), url.origin);
  if (identity.kind === 'operator') return redirect(next);
  if (identity.kind === 'failed') return aloneResponse(failurePage(identity.error, null), 503);
  const asked = url.searchParams.get('why') ?? '';
  // At Access a request says itself what is wrong with it.
  const why = how.kind === 'access' ? identity.why : isWhy(asked) ? asked : 'begin';
  return how.kind === 'access'
    ? aloneResponse({ title: 'Not signed in', body: <Note tone="bad">{WHY[why]}</Note> }, 403)
    : tokenPage({ next, note: WHY[why] === null ? null : <Note tone="plain">{WHY[why]}</Note> });
}

interface TokenPage {
  readonly next: string;
  readonly note: Child;
  readonly status?: number;
}

const tokenPage = ({ next, note, status = 200 }: TokenPage): Promise<Response> =>
  aloneResponse(
    {
      title: 'Sign in',
      body: (
        <>
          {note}
          <form method="post" action="/sign-in" class="stack">
            <input type="hidden" name="next" value={next} />
            <div class="field">
              <label for="token">Admin token</label>
              <input
                id="token"
                name="token"
                type="password"
                required
                autofocus
                autocomplete="current-password"
                spellcheck={false}
                aria-describedby="token-help"
              />
              <p class="help" id="token-help">
                <code>ADMIN_TOKEN</code>, or your own of <code>ADMIN_TOKENS</code>. <code>npm start</code>{' '}
                keeps it in <code>.dev.vars</code>.
              </p>
            </div>
            <button class="primary">Sign in</button>
          </form>
        </>
      ),
    },
    status,
  );

/** What a header can carry; nothing else is an admin token. */
const SENDABLE = /^[\x21-\x7e]{1,4096}$/;

/** `POST /sign-in` */
export async function signIn(
  env: ConsoleEnv,
  how: SignIn,
  request: Request,
  form: Form,
  nowMs: number,
): Promise<Response> {
  if (how.kind === 'access') return redirect('/');
  const next = returnPath(form.text('next'), new URL(request.url).origin);
  const token = form.text('token').trim();
  if (!SENDABLE.test(token)) return tokenPage({ next, note: <Note tone="bad">{WRONG}</Note>, status: 401 });
  try {
    const { data } = await gatewayWith(env, token).GET('/admin/v1/operator');
    const cookie = await sessionCookie(how.key, { operator: data.name, credential: data.credential }, nowMs);
    return redirect(next, { 'Set-Cookie': cookie });
  } catch (error) {
    if (error instanceof HedgerowError && error.status === 401)
      return tokenPage({ next, note: <Note tone="bad">{WRONG}</Note>, status: 401 });
    if (error instanceof HedgerowError && error.status === 429)
      return tokenPage({
        next,
        note: <Note tone="bad">{tooMany(error.retryAfterSeconds)}</Note>,
        status: 429,
      });
    return aloneResponse(failurePage(error, null), 503);
  }
}

const WRONG = 'This is no admin token of this gateway.';
const tooMany = (seconds: number | null): string =>
  `${WRONG} Too many wrong ones were sent: try again in ${span(seconds ?? 60)}.`;

/** `POST /sign-out`. Ends the session everywhere, also for a copy of its cookie. */
export async function signOut(
  env: ConsoleEnv,
  how: SignIn,
  { headers }: Request,
  nowMs: number,
): Promise<Response> {
  const forget = { 'Set-Cookie': NO_SESSION_COOKIE };
  const session = how.kind === 'token' ? await sessionOf(how.key, headers, nowMs) : null;
  return session === null || (await isEnded(env, session))
    ? redirect('/sign-in', forget)
    : aloneResponse(
        { title: 'Signed out of this browser only', body: <Note tone="bad">{NOT_ENDED}</Note> },
        503,
        forget,
      );
}

async function isEnded({ GATEWAY }: ConsoleEnv, { id, expiresAt }: Session): Promise<boolean> {
  try {
    return await GATEWAY.endSession({ id, expiresAt });
  } catch (error) {
    logDefect(error);
    return false;
  }
}

const NOT_ENDED =
  'This browser has no session any more. The gateway could not write it down: a copy of the cookie is let in until the session would have ended. To end it now, replace your admin token.';
