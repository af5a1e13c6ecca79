/** What handlers of the console are given, and what they answer. */
import type { Child } from 'hono/jsx';
import type { Role } from '../core/operators.ts';
import type { Gateway } from './gateway/gateway.ts';

/** The operator who has signed in, with the role of now. */
export interface SignedIn {
  readonly name: string;
  readonly role: Role;
  /** Seconds since 1970 at which the session ends. */
  readonly expiresAt: number;
  /** The session is the console's own, so that it can be ended here. */
  readonly canSignOut: boolean;
}

/** One request of an operator. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  readonly operator: SignedIn;
  readonly gateway: Gateway;
  readonly nowMs: number;
  /** A part of the path; `''` where it has none of that name. */
  readonly part: (name: string) => string;
}

export type Area = 'overview' | 'tenants' | 'deletions' | 'audit';

/** One step of the way to a page. */
export interface Crumb {
  readonly text: string;
  readonly href: string;
}

export interface Page {
  readonly kind: 'page';
  readonly status?: number;
  readonly title: string;
  readonly area: Area | null;
  readonly trail?: readonly Crumb[];
  /** Where the same page is read, for one that answers a form. */
  readonly address?: string;
  /** Beside the title. */
  readonly actions?: Child;
  readonly body: Child;
}

/** To another page of the console, after something was changed. */
export interface Elsewhere {
  readonly kind: 'elsewhere';
  readonly to: string;
}

/** An answer that is no page: a table, or a stream. */
export interface Raw {
  readonly kind: 'raw';
  readonly response: Response;
}

export type Outcome = Page | Elsewhere | Raw;
export type Show = (visit: Visit) => Promise<Outcome>;
export type Act = (visit: Visit, form: Form) => Promise<Outcome>;

/** The fields of a form that was sent. */
export interface Form {
  /** The text of a field; `''` where it was not sent. */
  readonly text: (name: string) => string;
  /** All texts of a field. */
  readonly all: (name: string) => readonly string[];
}

export const elsewhere = (to: string): Elsewhere => ({ kind: 'elsewhere', to });

/** A path of the console. Parts are encoded. */
export const pathTo = (...parts: readonly string[]): string =>
  `/${parts.map((part) => encodeURIComponent(part)).join('/')}`;

/** The same with a query. Empty values are left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}
