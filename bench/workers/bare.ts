/** The least a Worker in front of PostHog can do: no framework, no token, no limit; one key put in. */
interface Env {
  readonly POSTHOG_HOST: string;
  readonly POSTHOG_PERSONAL_API_KEY: string;
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    return fetch(env.POSTHOG_HOST + pathname + search, {
      headers: { Authorization: `Bearer ${env.POSTHOG_PERSONAL_API_KEY}`, Accept: 'application/json' },
    });
  },
};
