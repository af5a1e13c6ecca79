/** Types that hold an answer to the members of its schema. */
import type { Json } from '../core/json.ts';

type Scalar = string | number | boolean | null | undefined;

/** `T`, with nothing in it that could be written to. */
export type ReadonlyDeep<T> = T extends Scalar
  ? T
  : T extends readonly (infer Item)[]
    ? readonly ReadonlyDeep<Item>[]
    : { readonly [Name in keyof T]: ReadonlyDeep<T[Name]> };

type NamesOf<T> = T extends object ? keyof T : never;
type MemberOf<T, Name> = T extends object ? (Name extends keyof T ? T[Name] : never) : never;
type ItemOf<T> = T extends readonly (infer Item)[] ? Item : never;

/** The names of members that `Actual` has and `Expected` lacks, at any depth. */
type Surplus<Expected, Actual> = Actual extends Scalar
  ? never
  : Json extends Expected
    ? never
    : Actual extends readonly (infer Item)[]
      ? Surplus<ItemOf<Expected>, Item>
      : {
          [Name in keyof Actual]-?: Name extends NamesOf<Expected>
            ? Surplus<MemberOf<Expected, Name>, Actual[Name]>
            : Name;
        }[keyof Actual];

/** Matches anything where `Actual` has no member beyond `Expected`; the compiler names the first that is too many. */
export type Exactly<Expected, Actual> = [Surplus<Expected, Actual>] extends [never]
  ? unknown
  : { readonly undocumented: Surplus<Expected, Actual> };
