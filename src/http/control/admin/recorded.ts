/**
 * Writes every change on the admin plane into the audit log. The row that says who asks for what comes first: where it
 * cannot be written, nothing is changed. How it ended comes after, and its loss takes nothing back.
 */
import { LIMITS } from '../../../core/limits.ts';
import type { Operator } from '../../../core/operators.ts';
import type { Result } from '../../../core/result.ts';
import type { ChangeEnd } from '../../../objects/directory/directory.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import type { Answer, Change } from '../serve.ts';

/** Runs the handler of a route that changes something, between the two rows. Fails with `state_unavailable` before it. */
export async function recorded<T>(
  ctx: Context,
  { name: operator, role }: Operator,
  act: () => Promise<Result<Answer<T>>>,
): Promise<Result<Answer<T>>> {
  const { log, parameters, services } = ctx;
  const asked = {
    operator,
    role,
    request_id: log.requestId,
    action: log.route,
    tenant: log.tenant,
    subject: parameters['id']?.slice(0, LIMITS.nameCharsMax) ?? null,
  };
  const begun = await callObject(ctx, () => services.directory().beginChange(asked));
  if (!begun.ok) return begun;
  const answered = await act();
  // The change stands, and a token that is shown this once must not be lost: the entry is left without an end then.
  await callObject(ctx, () => services.directory().endChange(begun.value, endOf(answered)));
  return answered;
}

const endOf = (answered: Result<Answer<unknown>>): ChangeEnd =>
  answered.ok
    ? { code: null, ...textsOf(answered.value.change) }
    : { code: answered.failure.code, before: null, after: null };

function textsOf({ before = null, after = null }: Change = {}): Pick<ChangeEnd, 'before' | 'after'> {
  const other = namesOfChanged(before, after);
  return { before: textOf(before, other), after: textOf(after, other) };
}

/** The members that differ; all of them where one side is not there. Null: all. */
function namesOfChanged(before: object | null, after: object | null): ReadonlySet<string> | null {
  if (before === null || after === null) return null;
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return new Set(names.filter((name) => JSON.stringify(old.get(name)) !== JSON.stringify(now.get(name))));
}

function textOf(record: object | null, names: ReadonlySet<string> | null): string | null {
  if (record === null) return null;
  const members = Object.entries(record).filter(([name]) => names === null || names.has(name));
  const text = JSON.stringify(Object.fromEntries(members));
  return text.length <= LIMITS.auditedRecordCharsMax
    ? text
    : JSON.stringify({ left_out_characters: text.length });
}
