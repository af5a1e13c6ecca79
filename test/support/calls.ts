/** Requests made from the catalogue, so that an operation that is added to it is tested without anybody thinking of it. */
import { CATALOGUE, FAMILIES, type Family } from '../../src/catalogue/index.ts';
import type { Method, Operation } from '../../src/catalogue/operation.ts';
import type { Json } from '../../src/core/json.ts';
import { ADA } from '../../src/sandbox/seed/names.ts';

/** A valid request of one operation. */
export interface Call {
  /** For the message of a failed test. */
  readonly name: string;
  readonly operation: Operation;
  readonly method: Method;
  readonly path: string;
  /** Path and query. */
  readonly target: string;
  readonly json: unknown;
}

export interface CallOptions {
  readonly family?: Family;
  readonly slash?: boolean;
  readonly project?: number;
  /** The person of paths that name one. */
  readonly person?: string;
  readonly args?: Readonly<Record<string, Json>>;
}

/** A value as a query writes it: text as it is, everything else as JSON. */
export const inQuery = (args: Readonly<Record<string, Json>>): string =>
  Object.entries(args)
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `${encodeURIComponent(name)}=${encodeURIComponent(text)}`;
    })
    .join('&');

/** The path of an operation below a family. */
export function pathOf(
  { path }: Pick<Operation, 'path'>,
  { family = 'projects', slash = true, project = 1, person = ADA.uuid }: CallOptions = {},
): string {
  const below = path === '' ? '' : `/${path.replace(':id', person)}`;
  return `/api/${family}/${project}/persons${below}${slash ? '/' : ''}`;
}

/** A call with its arguments where that method reads them. */
export function callOf(operation: Operation, method: Method, options: CallOptions = {}): Call {
  const path = pathOf(operation, options);
  const args = options.args ?? operation.example;
  const inBody = method !== 'GET' && operation.place !== 'query';
  const query = inBody ? '' : inQuery(args);
  return {
    name: `${method} ${path}`,
    operation,
    method,
    path,
    target: query === '' ? path : `${path}?${query}`,
    json: inBody && Object.keys(args).length > 0 ? args : undefined,
  };
}

export const operationOf = (id: string): Operation => {
  const found = CATALOGUE.find((operation) => operation.id === id);
  if (found === undefined) throw new Error(`there is no operation ${id}`);
  return found;
};

/** Every operation by every one of its methods. */
export const EVERY_METHOD = CATALOGUE.flatMap((operation) =>
  operation.methods.map((method) => ({ operation, method })),
);

/** The same in both families, one with and one without the slash at the end, in turns. */
export function everyCall(options: CallOptions = {}): Call[] {
  return EVERY_METHOD.flatMap(({ operation, method }, i) =>
    FAMILIES.map((family, j) => callOf(operation, method, { ...options, family, slash: (i + j) % 2 === 0 })),
  );
}
