/**
 * What an operation of the catalogue is. An entry is data; `forwarding` and `deleting` turn it into an operation.
 * Routes, documentation and the refusal tests are made from these, and nothing else reaches PostHog.
 */
import type { PersonRef, ProjectId } from '../core/ids.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Scope } from '../core/scopes.ts';
import type { Result } from '../core/result.ts';
import type { Deletion, DeletionFlags } from './deletion.ts';
import type { References } from './fields/references.ts';
import type { Fields } from './fields/values.ts';
import type { Generation } from './generation.ts';
import type { Route } from './route.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** Where arguments are read from. `either`: query or body, never the same name with two values. */
export type ParameterIn = 'query' | 'body' | 'either';

/** How patient the gateway is with PostHog, and whether asking twice does harm. */
export type Delivery =
  /** An idempotent read: asked once more where PostHog never answered. */
  | 'idempotent'
  /** A read that computes for long: not asked again by itself. */
  | 'slow'
  /** Changes something: sent once. */
  | 'once';

/** How PostHog is sent the slice: with the client's filters in one flat list, or as a group around them. */
export type SliceForm = 'flat' | 'group';

/**
 * How the slice of a grant is enforced for an operation. Every entry says it; there is no default. Grants without a slice
 * are not affected.
 */
export type Slicing =
  /** PostHog is sent the slice as one more filter, `flat` or as an outer `group`; every row that comes back is checked. */
  | { readonly kind: 'filtered'; readonly form: SliceForm }
  /**
   * The person named in the path, or by an argument, is read first and must be in the slice. With `form` the slice is
   * sent as a filter too, so that the answer tells apart the times at which it held.
   */
  | {
      readonly kind: 'named';
      readonly by: 'path' | 'person_id' | 'person_id_or_distinct_id';
      readonly form?: 'group';
    }
  /** The answer holds the persons that were asked for: those outside the slice are taken out of it. */
  | { readonly kind: 'answered' }
  /** The ids are resolved to persons first; what is sent on are those in the slice. */
  | { readonly kind: 'resolved' }
  /** Only what the tenant's own deletion log shows as deleted. */
  | { readonly kind: 'logged' }
  /** The slice cannot be enforced; `why` is the reason the caller reads. */
  | { readonly kind: 'refused'; readonly why: string };

/** What personal data a success contains, which says how properties are taken out of it. */
export type ReplyContent =
  /** Rows of persons, in a page. */
  | 'persons'
  /** One person. */
  | 'person'
  /** One person as it was, and what that was made from. */
  | 'past_person'
  /** Persons by what they were asked for with. */
  | 'person_map'
  /** How one person's properties changed. */
  | 'timeline'
  /** What was done to persons. */
  | 'activity'
  /** Cohorts one person is in. Their counts and conditions are about all persons of the project. */
  | 'cohorts'
  /** Nothing of any person's properties. */
  | 'nothing';

/** How a listing is paged (PostHog contract §5). */
export interface Paging {
  readonly limit: string;
  readonly position: string;
  /** `offset` counts rows from 0, `page` counts pages from 1. */
  readonly unit: 'offset' | 'page';
  readonly limitDefault: number;
}

/** The flags of a deletion that each generation ignores. */
export type IgnoredFlags = Readonly<Partial<Record<Generation, readonly (keyof DeletionFlags)[]>>>;

/** The schemas of `reply-schemas.ts`, by name: the Worker knows no more of them. */
export type ReplySchemaName =
  | 'list'
  | 'actors'
  | 'activity'
  | 'deletion_status'
  | 'cohorts'
  | 'person'
  | 'past_person'
  | 'persons_by_distinct_id'
  | 'persons_by_uuid'
  | 'values'
  | 'timeline'
  | 'started'
  | 'bulk_delete';

/** What a success looks like. */
export interface Reply {
  readonly status: number;
  /** PostHog's answer in any of its three generations; `null` where it is empty in all of them. */
  readonly schema: ReplySchemaName | null;
  readonly paging: Paging | null;
  readonly contains: ReplyContent;
  /** What being in the answer tells of a person, beyond what the answer shows. */
  readonly refersTo: References;
  /** Where the rows are that `format=csv` renders; `null` where there is no table. */
  readonly rows: 'results' | 'people' | null;
}

/** What one operation is, apart from what it does. */
export interface Entry {
  /** Also the operation id of the OpenAPI document. */
  readonly id: string;
  readonly methods: readonly [Method, ...Method[]];
  /** Below `persons/`, without slashes at the ends; `:id` stands for a person. */
  readonly path: string;
  /** All of them are needed. */
  readonly scopes: readonly [Scope, ...Scope[]];
  readonly delivery: Delivery;
  readonly slicing: Slicing;
  /** Why the operation may take a person out of its slice, where it may: it then needs `split_out_of_slice`. */
  readonly leavesSlice?: string;
  /** Flags that a generation would not read (PostHog contract §8, 2 and 13): the call is refused there. */
  readonly ignoredIn?: IgnoredFlags;
  /** Generations in which PostHog answers for the project its key's owner has open, whatever the path says (§10, 4). */
  readonly ownersProject: readonly Generation[];
  /** How PostHog is asked. Without it: at this path of the persons API, in every generation. */
  readonly route?: Route;
  readonly place: ParameterIn;
  /** Names that clients send along and that change nothing: taken with any value, and never sent on. */
  readonly dropped?: readonly string[];
  /** Flags that PostHog takes for yes as soon as they are there, whatever their value: sent only where they are true. */
  readonly sentOnlyIfTrue?: readonly string[];
  readonly reply: Reply;
  /** Arguments that work against the sandbox. Refusals show them. */
  readonly example: { readonly [name: string]: Json };
}

/** A request as it arrived, parsed but not judged. */
export interface RawCall {
  readonly method: Method;
  readonly projectId: ProjectId;
  readonly person: PersonRef | null;
  readonly query: ReadonlyMap<string, string>;
  /** `undefined` where no body was sent. */
  readonly body: Json | undefined;
}

/** Where a client stands in a listing, in the units of the operation's paging. */
export interface PageRequest {
  readonly limit: number;
  readonly position: number;
}

/** How a success is rendered. `columns` are person properties that get a column of their own, in the client's order. */
export type Format =
  | { readonly kind: 'json' }
  | { readonly kind: 'csv'; readonly columns: readonly string[] };

interface CallBase {
  readonly operation: Operation;
  readonly method: Method;
  readonly projectId: ProjectId;
  readonly person: PersonRef | null;
  readonly format: Format;
  /** Validated. What PostHog is sent is written from these and from nothing else. */
  readonly arguments: JsonObject;
  /** The arguments as the client gave them, before the policy narrowed any: links are rebuilt from these. */
  readonly asked: JsonObject;
}

/** An operation with validated arguments, ready to be decided on. */
export type Call =
  | (CallBase & { readonly kind: 'forward' })
  | (CallBase & { readonly kind: 'delete'; readonly deletion: Deletion });

export interface Operation extends Entry {
  /** What it takes. Made when it is first asked for. */
  readonly input: Fields;
  readonly effect: 'read' | 'write' | 'delete';
  /** Validates what was sent. Fails with a 400 that names what was wrong and what is accepted. */
  readonly prepare: (sent: RawCall) => Result<Call>;
}
