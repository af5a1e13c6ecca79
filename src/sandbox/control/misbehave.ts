import type { Fault } from '../store/faults.ts';
import { problemFor } from '../wire/errors.ts';
import type { Answer, Message } from '../wire/message.ts';
import { writeReply } from '../wire/render.ts';

/** Turns a fault into the answer it gives. Some replace the work, the others spoil what the work answered. */

/** Bytes of a `huge` page nobody chose a size for. */
const HUGE_BYTES = 32 * 1024 * 1024;

/** The wait a 429 names when nobody chose one. */
const RETRY_AFTER_SECONDS = 30;

function page(status: number): Answer {
  const body =
    '<!doctype html><html><head><title>PostHog</title></head><body><h1>Be right back</h1></body></html>';
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

/** Everything that was sent to prove who is asking, in every place an answer has: for tests of what must not get through. */
function echo(message: Message, status: number): Answer {
  const sent = message.headers['authorization'] ?? '';
  const key = sent.replace(/^Bearer\s+/i, '');
  const next = `https://us.posthog.com/api/projects/1/persons/?personal_api_key=${encodeURIComponent(key)}&offset=100`;
  const detail = `Received ${sent} from the client`;
  const properties = { email: 'echo@sandbox.test', [key]: 'as a name', note: detail };
  const results = [{ type: 'person', id: 'echo', uuid: 'echo', name: key, distinct_ids: [key], properties }];
  const data =
    status < 300
      ? { results, next, previous: null, detail }
      : { type: 'validation_error', code: 'invalid_input', detail, attr: key };
  const headers = {
    'x-echoed-authorization': sent,
    'set-cookie': `session=${key}; Path=/`,
    'www-authenticate': `Bearer realm="${key}"`,
    link: `<${next}>; rel="next"`,
  };
  return writeReply({ status, data, headers }, false);
}

/** The answer that takes the place of any work, for the faults that have one. */
export function insteadOfWork(fault: Fault, message: Message): Answer | undefined {
  switch (fault.kind) {
    case 'status': {
      const { reply } = problemFor(fault.status ?? 500, fault.retry_after_seconds ?? RETRY_AFTER_SECONDS);
      return writeReply(reply, false);
    }
    case 'html':
      return page(fault.status ?? 200);
    case 'redirect':
      return {
        status: fault.status ?? 302,
        headers: { location: fault.location ?? '/elsewhere' },
        body: null,
      };
    case 'echo_key':
      return echo(message, fault.status ?? 200);
    case 'huge': {
      const spoil = { how: 'huge', bytes: fault.bytes ?? HUGE_BYTES } as const;
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '', spoil };
    }
    case 'lost_request':
      // Recorded with status 0: nothing was done, and nothing was answered.
      return { status: 0, headers: {}, body: null, spoil: { how: 'lost_reply' } };
    case 'slow':
    case 'hold':
    case 'hang_up':
    case 'truncated_json':
    case 'lost_reply':
      return undefined;
  }
}

/** Spoils what the work answered, for the faults that let it happen. */
export function afterWork(fault: Fault, answer: Answer): Answer {
  switch (fault.kind) {
    case 'hang_up':
    case 'lost_reply':
      return { ...answer, spoil: { how: fault.kind } };
    case 'truncated_json': {
      const whole = answer.body ?? '{"results": [{"type": "person"}]}';
      const headers = { ...answer.headers, 'content-type': 'application/json' };
      return { ...answer, headers, body: whole.slice(0, Math.floor(whole.length / 2)) };
    }
    default:
      return answer;
  }
}
