import type { Call } from './call.ts';
import { authenticate } from './gate/authenticate.ts';
import { wantsCsv } from './gate/negotiate.ts';
import { findProject } from './gate/project.ts';
import { checkScopes } from './gate/scopes.ts';
import { throttle } from './gate/throttle.ts';
import { type Action, resolve } from './routes.ts';
import type { Settings } from './store/settings.ts';
import { methodNotAllowed, notFound, Refusal, serverError } from './wire/errors.ts';
import type { Answer, Message, Reply } from './wire/message.ts';
import { ok } from './wire/message.ts';
import { writeReply } from './wire/render.ts';
import { parsePlace, parseTarget, type Target } from './wire/target.ts';

/** What OPTIONS answers on every path (PostHog contract §1): the framework's description of itself. */
const METADATA: Action = {
  handle: () =>
    ok({
      name: 'Person',
      description: '',
      renders: ['application/json', 'text/csv'],
      parses: ['application/json'],
    }),
  scopes: ['person:read'],
  throttle: 'other',
};

function actionFor(methods: ReadonlyMap<string, Action>, method: string): Action | undefined {
  if (method === 'OPTIONS') return METADATA;
  return methods.get(method === 'HEAD' ? 'GET' : method);
}

/**
 * A refusal becomes its reply. Anything else is a 500, as upstream's own mistakes are; the header tells a mistake of the
 * sandbox from a crash the contract describes.
 */
function attempt(work: () => Reply): Reply {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    return { ...serverError().reply, headers: { 'x-sandbox-exception': encodeURIComponent(String(error)) } };
  }
}

/** What answers of the environments family carry since July 2026 (corrections §3, 2.8). */
function deprecated(reply: Reply, path: string): Reply {
  const successor = path.replace('/api/environments/', '/api/projects/');
  const headers = {
    deprecation: 'true',
    sunset: 'Thu, 31 Dec 2026 00:00:00 GMT',
    link: `<${encodeURI(successor)}>; rel="successor-version"`,
  };
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

/** Where the environments family was sent on to before July 2026, before anybody asked for a key (corrections §3, 2.8). */
function sentOn(settings: Settings, target: Target): Reply | undefined {
  const isOldPath = target.raw.startsWith('/api/environments/');
  if (!settings.environments_redirect || settings.generation === 'C' || !isOldPath) return undefined;
  const location = target.raw.replace('/api/environments/', '/api/projects/');
  return { status: 307, data: undefined, headers: { location } };
}

/**
 * Answers one request of the persons API. The order is the contract's (§3): route, content negotiation, authentication,
 * scopes, project, throttle, handler; so a 401, a 403 and an unknown project cost nothing of the rate.
 */
export function answerApi(sql: SqlStorage, settings: Settings, message: Message): Answer {
  const answer = answerTarget(sql, settings, message);
  const { date_ahead_ms: aheadMs } = settings;
  if (aheadMs === null) return answer;
  const date = new Date(Date.now() + aheadMs).toUTCString();
  return { ...answer, headers: { ...answer.headers, date } };
}

function answerTarget(sql: SqlStorage, settings: Settings, message: Message): Answer {
  const target = parseTarget(message.url);
  let csv = false;
  const elsewhere = sentOn(settings, target);
  if (elsewhere !== undefined) return writeReply(elsewhere, csv);
  const reply = attempt(() => {
    const place = parsePlace(target.path);
    if (place === undefined) throw notFound('Endpoint not found.');
    const { id, methods } = resolve(place, settings);
    csv = wantsCsv(message, target, place.suffix);
    const key = authenticate(message, target, settings);
    const action = actionFor(methods, message.method);
    if (action !== undefined) checkScopes(key, action.scopes, settings.generation);
    const projectId = findProject(message, target, place.project, settings, key);
    throttle(sql, settings, key, action?.throttle ?? 'other');
    if (action === undefined) throw methodNotAllowed(`Method "${message.method}" not allowed.`);
    const call: Call = {
      sql,
      settings,
      generation: settings.generation,
      now: Date.parse(settings.now),
      projectId,
      nested: place.project !== undefined,
      id,
      target,
      csv,
      message,
    };
    return action.handle(call);
  });
  const isOldPath = settings.generation === 'C' && target.path.startsWith('/api/environments/');
  return writeReply(isOldPath ? deprecated(reply, target.path) : reply, csv);
}
