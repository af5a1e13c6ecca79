/** The paths of the mirror plane, and which operation a method and a path name. */
import { PatternRouter } from 'hono/router/pattern-router';
import { CATALOGUE } from '../../catalogue/index.ts';
import type { Operation } from '../../catalogue/operation.ts';
import { lazily } from '../../core/lazily.ts';

const PERSONS = '/api/:family{projects|environments}/:project_id{[0-9]+}/persons';
const PERSON_ID = ':id{[^/.]+}';

/** Hono's patterns of an operation: with and without the trailing slash. */
export function patternsOf({ path }: Operation): readonly [string, string] {
  const below = path === '' ? '' : `/${path.replace(':id', PERSON_ID)}`;
  return [`${PERSONS}${below}`, `${PERSONS}${below}/`];
}

const namesPerson = ({ path }: Operation): boolean => path.includes(':id');

/** In the order a router has to try them: fixed words win over ids, as in PostHog's own router (contract §2). */
export const IN_ROUTING_ORDER: readonly Operation[] = [
  ...CATALOGUE.filter((operation) => !namesPerson(operation)),
  ...CATALOGUE.filter(namesPerson),
];

const ANY_METHOD = 'ALL';

/** An operation, and the raw parameters of the path that named it. */
export interface MatchedPath {
  readonly operation: Operation;
  readonly parameters: { readonly [name: string]: string };
}

const routerOfAll = lazily(() => {
  const router = new PatternRouter<Operation>();
  for (const operation of IN_ROUTING_ORDER) {
    for (const pattern of patternsOf(operation)) router.add(ANY_METHOD, pattern, operation);
  }
  return router;
});

/** The operations of a path, one for each method it takes. A fixed word is never read as an id, whatever the method. */
export function matchPath(path: string): readonly MatchedPath[] {
  const [found] = routerOfAll().match(ANY_METHOD, path);
  return found
    .filter(([operation]) => operation.path === found[0]?.[0].path)
    .map(([operation, parameters]) => ({
      operation,
      parameters: Object.fromEntries(
        Object.entries(parameters).map(([name, value]) => [name, String(value)]),
      ),
    }));
}
