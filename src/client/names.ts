/** Short names for the records of the gateway that callers name most. */
import type { components } from './generated/openapi.ts';

type Schemas = components['schemas'];

export type Deletion = Schemas['Deletion'];
/** A deletion with its `progress`. */
export type DeletionStatus = Schemas['DeletionStatus'];
export type Person = Schemas['Person'];
/** A person as a list shows one. */
export type PersonRow = Schemas['PersonRow'];
/** The name of a permission, as a token's grant has it. */
export type Scope = Schemas['Grant']['scopes'][number];
export type Tenant = Schemas['Tenant'];
export type Token = Schemas['Token'];
