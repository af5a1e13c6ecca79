/** One attempt to tell the webhook of an alarm, as Standard Webhooks has it: signed, bounded, and sent nowhere else. */
import type { Alarm } from '../../contract/alarms/alarm.ts';
import type { Webhook } from '../../core/alarms/webhook.ts';
import { LIMITS } from '../../core/limits.ts';

/** What the webhook answered. */
export interface Answer {
  /** Null where it did not answer. */
  readonly status: number | null;
  readonly problem: 'timeout' | 'unreachable' | 'redirect' | 'refused' | null;
  readonly retryAfterSeconds: number | null;
}

/** The runtime's fetch. */
export type Fetcher = (input: string, init: RequestInit) => Promise<Response>;

/** The same text each time it is sent: what changes of an alarm later is not in it. */
export const bodyOf = ({ id, kind, at, tenant, count, message, details }: Alarm): string =>
  JSON.stringify({
    type: `alarm.${kind}`,
    timestamp: at,
    data: { id, kind, at, tenant, count, message, details },
  });

const bytes = (text: string) => new TextEncoder().encode(text);

/** One signature of each secret, so that secrets can be replaced while receivers still have the old one. */
export async function signaturesOf(
  { secrets }: Pick<Webhook, 'secrets'>,
  id: string,
  timestamp: number,
  body: string,
): Promise<string> {
  const signed = bytes(`${id}.${timestamp}.${body}`);
  const signatures = secrets.map(async (secret) => {
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    return `v1,${new Uint8Array(await crypto.subtle.sign('HMAC', key, signed)).toBase64()}`;
  });
  return (await Promise.all(signatures)).join(' ');
}

/** Names an endpoint with its secrets, so that another configuration is told from this one. */
export async function digestOf({ url, secrets }: Webhook): Promise<string> {
  const text = [url, ...secrets.map((secret) => secret.toBase64())].join(' ');
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(text))).toBase64();
}

/** Sends the message once. Never throws. */
export async function send(webhook: Webhook, alarm: Alarm, nowMs: number, fetcher: Fetcher): Promise<Answer> {
  const timestamp = Math.floor(nowMs / 1000);
  const body = bodyOf(alarm);
  const signature = await signaturesOf(webhook, alarm.id, timestamp, body);
  // Cleared at the end: a timer that runs on would keep the object in memory.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), LIMITS.alarmAttemptMsMax);
  try {
    const response = await fetcher(webhook.url, {
      method: 'POST',
      redirect: 'manual',
      body,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'hedgerow',
        'webhook-id': alarm.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      },
      signal: late.signal,
    });
    // What it says is not read: the status is the answer.
    await response.body?.cancel();
    return answerOf(response, nowMs);
  } catch {
    const problem = late.signal.aborted ? 'timeout' : 'unreachable';
    return { status: null, problem, retryAfterSeconds: null };
  } finally {
    clearTimeout(timer);
  }
}

function answerOf({ status, headers }: Response, nowMs: number): Answer {
  const retryAfterSeconds = secondsOf(headers.get('retry-after'), nowMs);
  if (status >= 200 && status < 300) return { status, problem: null, retryAfterSeconds };
  return { status, problem: status >= 300 && status < 400 ? 'redirect' : 'refused', retryAfterSeconds };
}

/** Seconds, or a date (RFC 9110 §10.2.3). Null where it is neither. */
function secondsOf(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^[0-9]{1,9}$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - nowMs) / 1000));
}
