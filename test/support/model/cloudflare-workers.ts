/** The module `cloudflare:workers` for tests that run an object in Node: an object is its context and its environment. */
export class DurableObject<Env = unknown> {
  protected readonly ctx: DurableObjectState;
  protected env: Env;

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}
