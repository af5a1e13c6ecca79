/** The admin tokens and whose they are: `ADMIN_TOKENS`, and `ADMIN_TOKEN` for the one called `admin`. */
import { OperatorName, ROLES, type Operator, type Role } from '../core/operators.ts';
import { LIMITS } from '../core/limits.ts';

export const ADMIN_TOKEN_CHARS_MIN = 16;
/** What cannot be sent as a bearer token would lock its holder out (RFC 6750 §2.1). */
export const ADMIN_TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** The operator that `ADMIN_TOKEN` belongs to. */
export const ADMIN: Operator = { name: OperatorName.parse('admin'), role: 'owner' };

/** An operator and its credential. */
export interface OperatorCredential extends Operator {
  readonly token: string;
}

const ENTRY = /^([^:/]*)(?:\/([^:]*))?:(.*)$/s;
const isRole = (text: string): text is Role => ROLES.some((role) => role === text);

/**
 * Reads `name:token[,name/role:token…]`. An entry without a role is an owner, as the holder of `ADMIN_TOKEN` is. Returns
 * the reason instead where it does not fit, and the reason holds nothing of the tokens.
 */
export function parseOperators(text: string): readonly OperatorCredential[] | string {
  const operators: OperatorCredential[] = [];
  for (const [at, item] of text.split(',').entries()) {
    const operator = parseEntry(item.trim(), `entry ${at + 1}`);
    if (typeof operator === 'string') return operator;
    const twin = checkTwins(operators, operator);
    if (twin !== null) return `entry ${at + 1} ${twin}`;
    operators.push(operator);
  }
  return operators.length <= LIMITS.operatorsMax ? operators : `has more than ${LIMITS.operatorsMax} entries`;
}

function parseEntry(item: string, which: string): OperatorCredential | string {
  const [entry, name = '', role = 'owner', token = ''] = ENTRY.exec(item) ?? [];
  if (entry === undefined) return `${which} is not name:token or name/role:token`;
  const named = OperatorName.safeParse(name);
  if (!named.success) return `the name of ${which} ${named.error.issues[0]?.message ?? 'does not fit'}`;
  if (!isRole(role)) return `the role of ${which} is not one of ${ROLES.join(', ')}`;
  if (token.length < ADMIN_TOKEN_CHARS_MIN)
    return `the token of ${which} must have ${ADMIN_TOKEN_CHARS_MIN} characters or more`;
  if (!ADMIN_TOKEN.test(token)) return `the token of ${which} must be made of A-Z, a-z, 0-9 and -._~+/`;
  return { name: named.data, role, token };
}

/** Says what two operators must not share; null where they share nothing. */
export function checkTwins(
  others: readonly OperatorCredential[],
  { name, token }: OperatorCredential,
): string | null {
  if (others.some((other) => other.name === name)) return 'has the name of another';
  // The log could not say which of the two it was.
  return others.some((other) => other.token === token) ? 'has the token of another' : null;
}
