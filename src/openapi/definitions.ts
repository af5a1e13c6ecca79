import { isJsonObject, parseJson, type Json, type JsonObject } from '../core/json.ts';

const LOCAL = '#/$defs/';
const SHARED = '#/components/schemas/';

/**
 * Moves the named schemas out of every `$defs` into the components of the document, where OpenAPI has them, each once.
 * References are written from the root of a document, so inside one they would lead nowhere.
 */
export function hoistDefinitions(document: object): JsonObject {
  const named = new Map<string, Json>();
  const plain = parseJson(JSON.stringify(document)) ?? null;
  const moved = move(plain, named);
  if (!isJsonObject(moved)) throw new Error('a document is an object');
  const components = isJsonObject(moved['components']) ? moved['components'] : {};
  const schemas = isJsonObject(components['schemas']) ? components['schemas'] : {};
  return {
    ...moved,
    components: { ...components, schemas: { ...schemas, ...Object.fromEntries(named) } },
  };
}

function move(value: Json, named: Map<string, Json>): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (!isJsonObject(value)) return value.map((item) => move(item, named));
  const { $defs: definitions, ...rest } = value;
  if (isJsonObject(definitions)) {
    for (const [name, schema] of Object.entries(definitions)) named.set(name, move(schema, named));
  }
  return Object.fromEntries(
    Object.entries(rest).map(([name, member]) => [
      name,
      name === '$ref' && typeof member === 'string' ? member.replace(LOCAL, SHARED) : move(member, named),
    ]),
  );
}
