import { explained } from '../explaining.ts';
import { answer } from '../serve.ts';
import { withToken } from './guard.ts';

/** `POST /v1/explain`: what would become of a described request of this token. */
export const explain = withToken('explain', async (ctx, admitted) => {
  const said = await explained(ctx, ctx.input.body, { ...admitted, id: admitted.principal.tenant });
  return said.ok ? answer(said.value) : said;
});
