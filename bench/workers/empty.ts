/** Nothing but an answer: what starting any Worker costs. */
export default {
  fetch: (): Response => new Response('ok'),
};
