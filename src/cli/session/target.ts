/** Which gateway a command asks, and with which token. */
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { isMembers } from '../input/files.ts';
import { credentialsFile, readProfiles } from './credentials.ts';

/** Which routes a token opens. */
export type Plane = 'tenant' | 'admin';

export interface Target {
  readonly url: string;
  readonly token: string;
  readonly plane: Plane;
  /** The token is that of the file which `login` wrote. */
  readonly isSaved: boolean;
}

export interface TargetOptions {
  readonly url?: string | undefined;
  readonly profile?: string | undefined;
}

export const DEFAULT_PROFILE = 'default';
const TENANT_TOKEN_PREFIX = 'hgr_';

export const planeOf = (token: string): Plane => (token.startsWith(TENANT_TOKEN_PREFIX) ? 'tenant' : 'admin');

const LOG_IN = 'Run `hedgerow login`, or set HEDGEROW_URL and HEDGEROW_TOKEN.';

/** The name of the profile that is meant. */
export const profileName = ({ profile }: TargetOptions, env: NodeJS.ProcessEnv): string =>
  profile ?? nonEmpty(env['HEDGEROW_PROFILE']) ?? DEFAULT_PROFILE;

/** The environment goes before the profile. A saved token is sent to the gateway that it was saved for, and nowhere else. */
export function targetOf(options: TargetOptions, env: NodeJS.ProcessEnv): Target {
  const name = profileName(options, env);
  const named = options.profile ?? nonEmpty(env['HEDGEROW_PROFILE']);
  const saved = readProfiles(credentialsFile(env))[name];
  if (named !== undefined && saved === undefined)
    throw new CliError(EXIT.usage, `There is no profile ${name}.`, [
      `Run \`hedgerow login --profile ${name}\`.`,
    ]);
  const given = options.url ?? nonEmpty(env['HEDGEROW_URL']);
  const url = given === undefined ? saved?.url : gatewayUrl(given);
  if (url === undefined) throw new CliError(EXIT.usage, 'It is not known where the gateway is.', [LOG_IN]);
  const ofEnvironment = nonEmpty(env['HEDGEROW_TOKEN']);
  const token = ofEnvironment ?? (saved?.url === url ? saved.token : undefined);
  if (token === undefined)
    throw new CliError(EXIT.notAuthenticated, `There is no token for the gateway at ${url}.`, [LOG_IN]);
  return { url, token: usableToken(token), plane: planeOf(token), isSaved: ofEnvironment === undefined };
}

/** The address as it is compared and saved: without a slash at its end. */
export function gatewayUrl(text: string): string {
  const url = parsedUrl(text);
  const isOne = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isOne || url.search !== '' || url.hash !== '')
    throw new CliError(EXIT.usage, 'The address of a gateway is like https://gateway.example.com.');
  return url.href.replace(/\/+$/, '');
}

/** What a header can hold. */
export function usableToken(text: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CliError(EXIT.usage, 'A token is one word, without spaces, and of ASCII characters.');
}

/** The id that a tenant's token says it has; null where it says none. */
export function tokenIdIn(token: string): string | null {
  try {
    const [, payload = ''] = token.split('.');
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return isMembers(claims) && typeof claims['jti'] === 'string' ? claims['jti'] : null;
  } catch {
    return null;
  }
}

function parsedUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** Where the gateway is, for what is said of an error; null where that is not known. */
export function addressOf(options: TargetOptions, env: NodeJS.ProcessEnv): string | null {
  try {
    return targetOf(options, { ...env, HEDGEROW_TOKEN: 'any' }).url;
  } catch {
    return null;
  }
}
