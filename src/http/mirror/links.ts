import type { JsonObject } from '../../core/json.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import { rebuildLinks, type Links } from '../../upstream/links.ts';
import { targetOf } from '../input/path.ts';

type ForwardCall = Extract<ConstrainedCall, { kind: 'forward' }>;

/** The links of a page, from the client's own URL and arguments; none where the operation has no pages. */
export function linksOf(call: ForwardCall, envelope: JsonObject, request: Request): Links {
  const { paging } = call.operation.reply;
  if (paging === null || call.window === null) return {};
  const asked = call.format === 'csv' ? [...call.asked, ['format', 'csv'] as const] : call.asked;
  const url = new URL(request.url).origin + targetOf(request.url).path;
  return rebuildLinks(envelope, { url, asked, paging, window: call.window });
}
