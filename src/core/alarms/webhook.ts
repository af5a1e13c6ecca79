/** Where alarms are sent, and the secrets they are signed with (Standard Webhooks). */
import * as z from 'zod/mini';

/** An endpoint, with its secrets as bytes; the first is the newest. */
export interface Webhook {
  readonly url: string;
  readonly secrets: readonly Uint8Array<ArrayBuffer>[];
}

const URL_PROBLEM =
  'must be an https URL without user name, password and fragment, http on 127.0.0.1, [::1] or localhost, or empty';
const SECRETS_PROBLEM =
  'must be one or more whsec_ and base64 of 24 to 64 bytes, with commas or spaces between';

const URL_CHARS_MAX = 2000;
const SECRETS_MAX = 10;
const SECRET = /^whsec_([A-Za-z0-9+/]{22,88}={0,2})$/;
const SECRET_BYTES = { min: 24, max: 64 };
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

function isEndpoint(text: string): boolean {
  if (text.length > URL_CHARS_MAX || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isAllowed = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
  return isAllowed && username === '' && password === '' && !text.includes('#');
}

export const AlarmWebhookUrl = z.pipe(
  z._default(z.string(), '').check(z.refine((text) => text === '' || isEndpoint(text), URL_PROBLEM)),
  z.transform((text) => (text === '' ? null : text)),
);

function bytesOf(secret: string): Uint8Array<ArrayBuffer> | null {
  const [, base64] = SECRET.exec(secret) ?? [];
  if (base64 === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return bytes.length >= SECRET_BYTES.min && bytes.length <= SECRET_BYTES.max ? bytes : null;
  } catch {
    return null;
  }
}

export const AlarmWebhookSecrets = z.pipe(
  z._default(z.string(), ''),
  z.transform((text, context): Webhook['secrets'] => {
    const secrets = text.split(/[\s,]+/).filter((secret) => secret !== '');
    const bytes = secrets.flatMap((secret) => bytesOf(secret) ?? []);
    if (bytes.length === secrets.length && bytes.length <= SECRETS_MAX) return bytes;
    context.issues.push({ code: 'custom', message: SECRETS_PROBLEM, input: null });
    return z.NEVER;
  }),
);

/** What a webhook is missing; null where nothing is. */
export const webhookProblem = (url: string | null, secrets: Webhook['secrets']): string | null =>
  url !== null && secrets.length === 0 ? 'is needed where ALARM_WEBHOOK_URL is set' : null;
