/**
 * JSON with its digits kept. A double holds neither `12345678901234567890` nor the difference between `1` and `1.0`, so
 * a text that has such a number is read once more with its numbers as they are written.
 */
import { hasEscapedName, readNameByName } from './escaped-names.ts';
import { isJsonObject, type Json } from './json.ts';

/** A number as it is written: `JSON.stringify` writes it like that again. */
interface RawNumber {
  readonly rawJSON: string;
}

declare global {
  interface JSON {
    // In every runtime the gateway has; TypeScript's library does not know them yet.
    rawJSON: (text: string) => RawNumber;
    isRawJSON: (value: unknown) => value is RawNumber;
    // oxlint-disable-next-line typescript/method-signature-style -- an overload of the library's method
    parse(
      text: string,
      reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
  }
}

/**
 * Finds a number that a double writes another way: minus zero, an exponent, a zero at the end of a fraction, 16 digits
 * or more, six zeros behind the point. May find one inside a string, which costs time and nothing else.
 */
const ODD_NUMBER =
  /(?:^|[[:,\s])-?(?:(?<=-)0(?![.\d])|\d+(?:\.\d+)?[eE]|\d+\.\d*0(?!\d)|\d{16}|(?=[\d.]{17})\d+\.|0\.0{6})/;

/** The text of `value`, with the digits that the same numbers at the same places have in `source`. */
export function stringifyExactly(value: Json, source: string): string {
  return JSON.stringify(withDigitsOf(value, source));
}

/** The value for `JSON.stringify`, with the digits that the same numbers at the same places have in `source`. */
export function withDigitsOf(value: Json, source: string): unknown {
  return ODD_NUMBER.test(source) ? merge(value, exactValue(source)) : value;
}

const exactValue = (source: string): unknown =>
  hasEscapedName(source) ? readNameByName(source, withRawNumbers) : withRawNumbers(source);

const withRawNumbers = (text: string): unknown => JSON.parse(text, rawNumbers);

const rawNumbers = (_: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === 'number' && source !== undefined && String(value) !== source
    ? JSON.rawJSON(source)
    : value;

function merge(value: Json, exact: unknown): unknown {
  if (typeof value === 'number') {
    return JSON.isRawJSON(exact) && Object.is(Number(exact.rawJSON), value) ? exact : value;
  }
  if (isJsonObject(value)) {
    const has = isJsonObject(exact) ? exact : {};
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        merge(member, Object.hasOwn(has, name) ? has[name] : undefined),
      ]),
    );
  }
  return isList(value) && isList(exact) ? mergeList(value, exact) : value;
}

/** Items may have been left out of the list: each is matched with the next one it can be made of. */
function mergeList(items: readonly Json[], exact: readonly Json[]): readonly unknown[] {
  if (items.length === exact.length) return items.map((item, i) => merge(item, exact[i]));
  let next = 0;
  return items.map((item) => {
    const found = exact.findIndex((other, i) => i >= next && isPartOf(item, other));
    if (found === -1) return item;
    next = found + 1;
    return merge(item, exact[found]);
  });
}

function isPartOf(value: Json, exact: unknown): boolean {
  if (JSON.isRawJSON(exact)) return Object.is(Number(exact.rawJSON), value);
  if (isJsonObject(value)) {
    const members = Object.entries(value);
    return isJsonObject(exact) && members.every(([name, member]) => isPartOf(member, exact[name]));
  }
  if (isList(value)) {
    return (
      isList(exact) && exact.length === value.length && value.every((item, i) => isPartOf(item, exact[i]))
    );
  }
  return Object.is(value, exact);
}

const isList = (value: unknown): value is readonly Json[] => Array.isArray(value);
