/** `hedgerow/client`: a typed client of the gateway, for Node 20 and newer, browsers and Workers. */
export { createHedgerow, type Hedgerow, type HedgerowOptions } from './hedgerow.ts';
export { HedgerowError } from './hedgerow-error.ts';
export type { Platform } from './platform.ts';
export * as deletions from './deletions.ts';
export * as persons from './persons.ts';
export type { Deletion, DeletionStatus, Person, PersonRow, Scope, Tenant, Token } from './names.ts';
export type { components, operations, paths } from './generated/openapi.ts';
