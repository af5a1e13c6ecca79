import { failure, type Failure } from '../../core/failure.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';

const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const REPLACEMENT = '\uFFFD';

/**
 * The parameters of a raw query, each name once. PostHog takes the last of repeated ones and most readers the first
 * (PostHog contract §6.1), so they are refused; so is text that does not survive decoding.
 */
export function parseQuery(query: string): Result<ReadonlyMap<string, string>> {
  if (query === '') return ok(new Map());
  if (query.length > LIMITS.queryCharsMax)
    return err(unreadable(`longer than ${LIMITS.queryCharsMax} characters`));
  if (BROKEN_ESCAPE.test(query)) return err(unreadable('not percent-encoded properly'));
  const parameters = new Map<string, string>();
  // Parsing takes one question mark off the front, wherever it came from: this one is ours, one of the client's stays.
  for (const [name, value] of new URLSearchParams(`?${query}`)) {
    const shown = name.slice(0, 100);
    if (parameters.has(name)) return err(failure('parameter_repeated', `Send ${shown} once.`, shown));
    if (name.includes(REPLACEMENT) || value.includes(REPLACEMENT)) return err(unreadable('not UTF-8'));
    parameters.set(name, value);
  }
  return ok(parameters);
}

const unreadable = (why: string): Failure => failure('parameter_invalid', `The query is ${why}.`);
