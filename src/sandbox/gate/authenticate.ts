import type { Key, Settings } from '../store/settings.ts';
import { parseBody } from '../wire/body.ts';
import { authenticationFailed, notAuthenticated } from '../wire/errors.ts';
import type { Message } from '../wire/message.ts';
import { isRecord } from '../wire/python.ts';
import type { Target } from '../wire/target.ts';

interface Candidate {
  readonly value: string;
  readonly where: string;
}

/**
 * OAuth tokens (`pha_`) belong to an authenticator the sandbox does not have, and project secret keys (`phs_`) to one
 * that the persons API does not have (corrections §3, 2.18): to this one, neither is a candidate. The first candidate found counts, even a wrong one: header, then JSON body, then query
 * (PostHog contract §3).
 */
function candidate(message: Message, target: Target): Candidate | undefined {
  const bearer = /^Bearer\s+(\S.*)$/.exec((message.headers['authorization'] ?? '').trim())?.[1];
  if (bearer !== undefined && !/^ph[as]_/.test(bearer)) {
    return { value: bearer.trim(), where: 'Authorization header' };
  }
  const data = parseBody(message);
  if (isRecord(data) && typeof data['personal_api_key'] === 'string') {
    return { value: data['personal_api_key'], where: 'body' };
  }
  const inQuery = target.query.get('personal_api_key');
  return inQuery === undefined ? undefined : { value: inQuery, where: 'query string' };
}

/** Finds the personal API key a request carries, or refuses with 401. */
export function authenticate(message: Message, target: Target, settings: Settings): Key {
  const found = candidate(message, target);
  if (found === undefined) throw notAuthenticated();
  const key = settings.keys.find((known) => known.key === found.value);
  if (key === undefined) {
    throw authenticationFailed(`Personal API key found in request ${found.where} is invalid.`);
  }
  return key;
}
