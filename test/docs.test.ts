/** The documents that are made from the code stay in step with it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { operationsTable, withOperations } from '../scripts/operations-table.ts';
import { GENERATIONS } from '../src/catalogue/generation.ts';
import { CATALOGUE, FAMILIES } from '../src/catalogue/index.ts';
import { FAILURES } from '../src/core/failure.ts';
import { openApiDocument } from '../src/openapi/document.ts';
import { ROUTES } from '../src/http/routes.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');

type Schema = Readonly<Record<string, unknown>>;
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly content?: unknown;
  readonly schema: Schema;
  readonly example?: string;
}
interface Described {
  readonly operationId: string;
  readonly deprecated?: boolean;
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}
const document = JSON.parse(JSON.stringify(openApiDocument())) as {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema & { readonly properties: Record<string, Schema> }> };
};
const described = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** A router's pattern as OpenAPI writes it. */
const plain = (path: string) =>
  path
    .replaceAll(/:([a-z_]+)(?:\{.*?\}(?=\/|$))?/g, '{$1}')
    .replace(/(persons(?:\/.*[^/])?|^\/api\/.*[^/])$/, '$1/');

const families = (path: string) =>
  path.startsWith('/api/:family')
    ? FAMILIES.map((family) => path.replace(/:family\{[^}]*\}/, family))
    : [path];

/** Every schema below a value, by where it is. */
function schemasIn(value: unknown, at = ''): [string, Schema][] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([name, member]) => schemasIn(member, `${at}/${name}`));
  return /\/(?:schema|items|contentSchema|properties\/[^/]+)$/.test(at)
    ? [[at, value as Schema], ...below]
    : below;
}

describe('The README', () => {
  test('The README shows the operations of the catalogue, all of them and no others', () => {
    const readme = read('README.md');
    expect(withOperations(readme)).toBe(readme);
    expect(operationsTable().split('\n')).toHaveLength(CATALOGUE.length + 2);
  });

  test('The README says of each operation that is a query, or that a generation does not have, that it is', () => {
    const [, table = ''] = read('README.md').split('| Operations | A | B | C |');
    const rows = table.split('\n\n', 1)[0]?.split('\n') ?? [];
    const rowOf = (path: string) => rows.find((row) => row.includes(`\`${path}\``)) ?? '';
    for (const { path, route } of CATALOGUE) {
      if (route?.kind === 'query')
        expect(rowOf(path), path).toMatch(/\| query \| query \| query \| `query:read` \|$/);
      if (route?.kind === 'persons') {
        const cells = rowOf(path.replace(':id/', '')).split(' | ').slice(1, 4);
        const code = route.because === 'removed' ? '`operation_removed`' : '`generation_lacks`';
        const absent = cells.map((cell) => cell.includes(code));
        expect(absent, path).toEqual(GENERATIONS.map((generation) => route.absentIn.includes(generation)));
      }
    }
  });

  test('The README gives the commands that the checks of a landing run', () => {
    const command = 'npm install && npm test';
    expect(read('README.md')).toContain(command);
    expect(read('.ci/run').split('\n')).toContain(command);
  });
});

describe('The document /openapi.json', () => {
  test('The document is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(openApiDocument()));
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  test('The document describes every route of the router, by path and method, and no other', () => {
    const routed = new Set(
      ROUTES.flatMap(({ method, path }) => families(path).map((one) => `${method} ${plain(one)}`)),
    );
    const shown = new Set(described.map(({ method, path }) => `${method} ${path}`));
    expect([...shown].toSorted()).toEqual([...routed].toSorted());
  });

  test('The document gives each operation an id of its own and a way to fail', () => {
    const ids = described.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of described) expect(operation.responses).toHaveProperty('default');
  });

  test('The document marks exactly the paths below environments as deprecated', () => {
    for (const { path, operation } of described) {
      expect(operation.deprecated ?? false, path).toBe(path.startsWith('/api/environments/'));
    }
  });

  test('The document lists every failure code in the problem, and leaves the list open for those of PostHog', () => {
    const { code } = document.components.schemas['Problem']!.properties;
    expect(code).toEqual({ anyOf: [{ type: 'string', enum: Object.keys(FAILURES) }, { type: 'string' }] });
  });

  test('The document gives the records of the gateway a name', () => {
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Deletion', 'DeletionDetail', 'Grant', 'Person', 'Problem', 'Tenant', 'Token']),
    );
  });

  test('The document says a parameter that is JSON as text that holds JSON, with an example as it is sent', () => {
    const parameters = described.flatMap(({ operation }) => operation.parameters);
    expect(parameters.filter(({ content }) => content !== undefined)).toEqual([]);
    const inJson = parameters.filter(({ schema }) => schema['contentMediaType'] === 'application/json');
    expect(inJson.length).toBeGreaterThan(20);
    for (const { schema, example } of inJson) {
      expect(schema).toMatchObject({ type: 'string', contentSchema: expect.any(Object) as unknown });
      if (example !== undefined) expect(() => JSON.parse(example) as unknown).not.toThrow();
    }
  });

  test('The document describes each answer in one media type, so that no client has to tell JSON from a table', () => {
    for (const { operation } of described) {
      for (const { content = {} } of Object.values(operation.responses)) {
        expect(Object.keys(content).length, operation.operationId).toBeLessThan(2);
        expect(content).not.toHaveProperty(['text/csv']);
      }
    }
  });

  test('The document describes every member of the gateway’s own records', () => {
    const own = [
      'Deletion',
      'DeletionDetail',
      'Grant',
      'IssuedToken',
      'Tenant',
      'TenantSummary',
      'Token',
      'Whoami',
    ];
    for (const name of own) {
      for (const [at, schema] of schemasIn(document.components.schemas[name], name)) {
        expect(Object.keys(schema), at).not.toEqual([]);
      }
    }
  });
});
