/** The events of a deletion, handed on from the gateway as they come. */
import type { Show } from '../../page.ts';

/** `GET /tenants/:tenant/deletions/:id/events` */
export const deletionEvents: Show = async ({ gateway, part, request }) => {
  const path = `/admin/v1/tenants/${encodeURIComponent(part('tenant'))}/deletions/${encodeURIComponent(part('id'))}/events`;
  const last = request.headers.get('last-event-id');
  const answer = await gateway.fetch(`/${path.slice(1)}`, {
    headers: last === null ? {} : { 'Last-Event-ID': last },
    signal: request.signal,
  });
  return {
    kind: 'raw',
    response: new Response(answer.body, {
      status: answer.status,
      headers: {
        'Content-Type': answer.headers.get('content-type') ?? 'text/event-stream',
        'X-Accel-Buffering': 'no',
      },
    }),
  };
};
