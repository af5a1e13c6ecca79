import { problem, serverError } from './errors.ts';
import type { Message } from './message.ts';
import { isRecord } from './python.ts';

/**
 * Parses a request body as upstream does on first use: JSON or nothing, whatever the method (PostHog contract §2, §6.1).
 * A GET with a body is parsed like any other.
 */
export function parseBody(message: Message): unknown {
  if (message.body === '') return {};
  const type = message.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type.trim())) {
    const detail = `Unsupported media type "${type}" in request.`;
    throw problem(415, 'invalid_request', 'unsupported_media_type', detail);
  }
  try {
    const parsed: unknown = JSON.parse(message.body);
    return parsed;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw problem(400, 'invalid_request', 'parse_error', `JSON parse error - ${reason}`);
  }
}

/** The body's members; a body that is an array or a string crashes the handlers that read members (PostHog contract §4). */
export function bodyMembers(message: Message): Record<string, unknown> {
  const parsed = parseBody(message);
  if (!isRecord(parsed)) throw serverError();
  return parsed;
}
