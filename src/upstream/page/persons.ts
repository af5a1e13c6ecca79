/**
 * Reads the persons of a look-up, and of each person only the members that decide whether the person is in a slice. The
 * rest of a profile is never in memory, so a large profile of another tenant's person cannot make a look-up fail.
 */
import { ok, type Result } from '../../core/result.ts';
import { parseJson, type Json, type JsonObject } from '../../core/json.ts';
import { isLink } from './links.ts';
import type { RowsAt } from './plan.ts';
import { readAnswer, type AnswerSource } from './read.ts';
import {
  CHAR,
  expect,
  nothingMore,
  peek,
  readElements,
  readMembers,
  readScalar,
  readValue,
  skipValue,
  take,
  type Reading,
} from './tokens.ts';
import { PageFlaw, textOf, type ByteWindow } from './window.ts';

/** Bytes of a name or a value that is picked. Slices and ids are shorter by far. */
const PICKED_BYTES_MAX = 16_384;
/** Distinct ids that are picked of one person. PostHog lists a thousand of a row, ten in a batch. */
const DISTINCT_IDS_MAX = 10_000;

/** Where the persons are; `person` is an answer that is one. */
export type PersonsAt = Exclude<RowsAt, 'people'> | 'person';

/** Of a person: `uuid`, `created_at`, `distinct_ids`, and those of the named properties that are texts. */
export type PickedPerson = JsonObject;

/** `id` is what the person was asked for with, in a map. */
export type EachPerson = (person: PickedPerson, id: string | null) => void;

/**
 * Tells every person of the answer. Of one that names twice what is picked nothing is told, for readers disagree on it.
 * `more` says whether PostHog has another page.
 */
export async function readPersons(
  source: AnswerSource,
  at: PersonsAt,
  properties: readonly string[],
  each: EachPerson,
): Promise<Result<{ readonly more: boolean }>> {
  const wanted = new Set(properties);
  let more = false;
  const read = await readAnswer(source, function* (window) {
    const person = (id: string | null) => readPerson(window, wanted, (picked) => each(picked, id));
    if (at === 'person') yield* readPerson(window, wanted, (picked) => each(knownPerson(picked), null));
    else more = yield* readPage(window, at, person);
    yield* nothingMore(window);
  });
  return read.ok ? ok({ more }) : read;
}

/** PostHog's persons have a UUID; another object is no answer to a look-up. Of an ambiguous person nothing is known. */
function knownPerson(picked: PickedPerson): PickedPerson {
  if (picked !== AMBIGUOUS && typeof picked['uuid'] !== 'string') throw new PageFlaw('is no person');
  return picked;
}

/** A person whose members cannot be read with certainty, and who is therefore in no slice. */
const AMBIGUOUS: PickedPerson = {};

function* readPage(
  window: ByteWindow,
  at: 'results' | 'map',
  person: (id: string | null) => Reading<void>,
): Reading<boolean> {
  let found = false;
  let more = false;
  yield* readMembers(window, function* (name) {
    if (name === 'results') {
      found = true;
      if (at === 'map') yield* readMembers(window, (id) => person(id), 'ids');
      else yield* readElements(window, () => person(null));
    } else if (name === 'next') {
      more = isLink((yield* readScalar(window)).value);
    } else {
      yield* skipValue(window);
    }
  });
  if (!found) throw new PageFlaw('has no results');
  return more;
}

function* readPerson(
  window: ByteWindow,
  wanted: ReadonlySet<string>,
  tell: (person: PickedPerson) => void,
): Reading<void> {
  const picked = new Picked();
  yield* eachMember(window, function* (name) {
    if (name === 'uuid' || name === 'created_at') picked.set(name, yield* readText(window));
    else if (name === 'distinct_ids') picked.set(name, yield* readTexts(window));
    else if (name === 'properties') picked.set(name, yield* readProperties(window, wanted, picked));
    else yield* skipValue(window);
  });
  tell(picked.ambiguous ? AMBIGUOUS : picked.value());
}

class Picked {
  ambiguous = false;
  readonly #members = new Map<string, Json>();

  set(name: string, value: Json | undefined): void {
    if (this.#members.has(name)) this.ambiguous = true;
    this.#members.set(name, value ?? null);
  }

  value(): JsonObject {
    return Object.fromEntries(this.#members);
  }
}

function* readProperties(
  window: ByteWindow,
  names: ReadonlySet<string>,
  person: Picked,
): Reading<JsonObject | undefined> {
  if ((yield* peek(window)) !== CHAR.openObject) {
    yield* skipValue(window);
    return undefined;
  }
  const picked = new Picked();
  yield* eachMember(window, function* (name) {
    if (name === null || !names.has(name)) yield* skipValue(window);
    else picked.set(name, yield* readText(window));
  });
  if (picked.ambiguous) person.ambiguous = true;
  return picked.value();
}

/** An object. `null` stands for a name that is too long to be one that is picked. */
function* eachMember(window: ByteWindow, each: (name: string | null) => Reading<void>): Reading<void> {
  yield* expect(window, CHAR.openObject);
  if ((yield* peek(window)) === CHAR.closeObject) return yield* expect(window, CHAR.closeObject);
  for (let next: number = CHAR.comma; next !== CHAR.closeObject; next = yield* take(window)) {
    if (next !== CHAR.comma || (yield* peek(window)) !== CHAR.quote) {
      throw new PageFlaw('is not the JSON of a page');
    }
    const name = yield* readText(window);
    yield* expect(window, CHAR.colon);
    yield* each(name ?? null);
  }
}

/** A text; `undefined` for any other value, and for one that is too long. */
function* readText(window: ByteWindow): Reading<string | undefined> {
  if ((yield* peek(window)) !== CHAR.quote) {
    yield* skipValue(window);
    return undefined;
  }
  const { bytes } = yield* readValue(window, PICKED_BYTES_MAX);
  if (bytes === null) return undefined;
  const text = parseJson(textOf(bytes));
  if (typeof text !== 'string') throw new PageFlaw('is not the JSON of a page');
  return text;
}

function* readTexts(window: ByteWindow): Reading<readonly string[] | undefined> {
  if ((yield* peek(window)) !== CHAR.openList) {
    yield* skipValue(window);
    return undefined;
  }
  const texts: string[] = [];
  yield* readElements(window, function* () {
    const text = yield* readText(window);
    if (text !== undefined && texts.length < DISTINCT_IDS_MAX) texts.push(text);
  });
  return texts;
}
