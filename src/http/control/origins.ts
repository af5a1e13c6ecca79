/** A tenant's own web origins, as both planes answer them. */
import { etagOf } from '../../objects/tenant/etag.ts';
import type { OriginsAnswer } from '../../objects/tenant/tenant.ts';
import { answer } from './serve.ts';

export const originsAnswer = ({ origins, revision }: OriginsAnswer) =>
  answer(origins, { headers: { ETag: etagOf({ revision }) } });
