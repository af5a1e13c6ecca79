/** `rate.burst=90 scopes=person:read,person:delete`: members of a record, as a command line has them. */
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { isMembers, type Members } from './files.ts';

/** Members that are lists: their items are separated by commas. */
const LISTS = new Set('scopes origins own_origins.patterns properties.hidden properties.visible'.split(' '));
/** Members that are texts, though what is given may look like a number. */
const TEXTS = new Set(['name', 'slice.property', 'slice.value', 'properties.distinct_ids']);
const NAME = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/;

/** A merge patch (RFC 7396): `name=` sets a member back to its default, JSON is taken as it is. */
export function patchFrom(assignments: readonly string[]): Members {
  let patch: Members = {};
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const name = assignment.slice(0, Math.max(at, 0));
    if (!NAME.test(name))
      throw new CliError(EXIT.usage, `${assignment} is no change: it has to be like rate.burst=90.`);
    patch = withMember(patch, name.split('.'), valueOf(name, assignment.slice(at + 1)));
  }
  return patch;
}

function withMember(members: Members, [first = '', ...rest]: readonly string[], value: unknown): Members {
  if (rest.length === 0) return { ...members, [first]: value };
  const inner = members[first];
  return { ...members, [first]: withMember(isMembers(inner) ? inner : {}, rest, value) };
}

function valueOf(name: string, text: string): unknown {
  if (text === '') return null;
  if (LISTS.has(name) && !text.startsWith('[')) return text.split(',').map((item) => item.trim());
  if (TEXTS.has(name) && !/^["[]|^null$/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
