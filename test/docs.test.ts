/** The documents that are made from the code stay in step with it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { operationsTable, withOperations } from '../scripts/operations-table.ts';
import { CATALOGUE, FAMILIES } from '../src/catalogue/index.ts';
import { FAILURES } from '../src/core/failure.ts';
import { openApiDocument, openApiText } from '../src/openapi/document.ts';
import { ROUTES } from '../src/http/routes.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');

interface Described {
  readonly operationId: string;
  readonly responses: object;
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
}
const document = JSON.parse(openApiText('https://gw.example.test')) as {
  paths: Record<string, Record<string, Described>>;
};
const described = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** A router's pattern as OpenAPI writes it. */
const plain = (path: string) =>
  path.replaceAll(/:([a-z_]+)(?:\{.*?\}(?=\/|$))?/g, '{$1}').replace(/(persons(?:\/.*[^/])?)$/, '$1/');

const families = (path: string) =>
  path.startsWith('/api/:family')
    ? FAMILIES.map((family) => path.replace(/:family\{[^}]*\}/, family))
    : [path];

describe('the README', () => {
  it('shows the operations of the catalogue, all of them and no others', () => {
    const readme = read('README.md');
    expect(withOperations(readme)).toBe(readme);
    expect(operationsTable().split('\n')).toHaveLength(CATALOGUE.length + 2);
  });

  it('gives the commands that the checks of a landing run', () => {
    const command = 'npm install && npm test';
    expect(read('README.md')).toContain(command);
    expect(read('.ci/run').split('\n')).toContain(command);
  });
});

describe('/openapi.json', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(
      structuredClone(openApiDocument('https://gw.example.test')),
    );
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  it('describes every route the router has, by path and method, and none it has not', () => {
    const routed = new Set(
      ROUTES.flatMap(({ method, path }) => families(path).map((one) => `${method} ${plain(one)}`)),
    );
    const shown = new Set(described.map(({ method, path }) => `${method} ${path}`));
    expect([...shown].toSorted()).toEqual([...routed].toSorted());
  });

  it('gives each operation an id of its own and a way to fail', () => {
    const ids = described.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of described) expect(operation.responses).toHaveProperty('default');
  });

  it('names every failure code in the description of a problem', () => {
    for (const code of Object.keys(FAILURES)) expect(openApiText('https://gw.example.test')).toContain(code);
  });
});
