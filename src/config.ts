/** Variables and secrets, checked once at the door; the rest of the code takes the checked type. */
import * as z from 'zod';
import { parseKeyring, type Keyring } from './authn/keyring.ts';
import { GENERATIONS, type Generation } from './catalogue/generation.ts';
import { issueText } from './catalogue/issues.ts';
import { INSIGHT_ROUTES, type InsightRoute } from './catalogue/route.ts';
import { ProjectId } from './core/ids.ts';
import { LIMITS } from './core/limits.ts';
import type { PostHogConfig } from './upstream/transport.ts';

const ADMIN_TOKEN_CHARS_MIN = 16;
const POSTHOG_KEY_CHARS_MIN = 12;

const REQUESTS = `must be a whole number from 1 to ${LIMITS.requestsPerMinuteMax}`;

const LOOK_SECONDS_MAX = 86_400;
const LOOK_SECONDS = `must be a whole number of seconds from 1 to ${LOOK_SECONDS_MAX}, or empty`;

const FUSE_PERSONS = `must be a whole number from 1 to ${LIMITS.personsPerDayMax}, or empty`;

const milliseconds = (otherwise: number) =>
  z.coerce
    .number({ error: 'must be a whole number of milliseconds from 100 to 120000' })
    .int()
    .min(100)
    .max(120_000)
    .default(otherwise);

const secret = (charsMin: number) =>
  z
    .string({ error: 'is missing' })
    .regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces')
    .min(charsMin, `must have ${charsMin} characters or more`);

/** Jurisdictions that the platform holds objects to. */
const JURISDICTIONS = ['eu', 'fedramp'] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

const ObjectsJurisdiction = z
  .enum(['', ...JURISDICTIONS], { error: 'must be eu, fedramp, or empty' })
  .default('')
  .transform((text): Jurisdiction | null => (text === '' ? null : text));

/** Where the objects of a gateway live, for an object that looks for another one. @throws where it is none of these. */
export const jurisdictionOf = (env: object): Jurisdiction | null =>
  z.object({ OBJECTS_JURISDICTION: ObjectsJurisdiction }).parse(env).OBJECTS_JURISDICTION;

const Environment = z
  .object({
    POSTHOG_HOST: z
      .url({ protocol: /^https?$/, error: 'must be a URL like https://us.posthog.com' })
      .refine((text) => URL.canParse(text) && new URL(text).pathname === '/' && new URL(text).search === '', {
        error: 'must be scheme and host only',
      })
      .transform((text) => new URL(text).origin),
    POSTHOG_OWNERS_PROJECT: z
      .string()
      .regex(/^(?:[1-9][0-9]{0,9})?$/, 'must be the number of a project, or empty')
      .default('')
      .transform((text) => (text === '' ? null : ProjectId.parse(Number(text)))),
    POSTHOG_GENERATION: z.enum(GENERATIONS).default('B'),
    INSIGHT_ROUTE: z.enum(INSIGHT_ROUTES).default('query'),
    POSTHOG_PERSONAL_API_KEY: secret(POSTHOG_KEY_CHARS_MIN),
    // What cannot be sent as a bearer token would lock the operator out (RFC 6750 §2.1).
    ADMIN_TOKEN: secret(ADMIN_TOKEN_CHARS_MIN).regex(
      /^[A-Za-z0-9\-._~+/]+=*$/,
      'must be made of A-Z, a-z, 0-9 and -._~+/',
    ),
    TOKEN_SIGNING_KEYS: z.string({ error: 'is missing' }).transform((text, context): Keyring => {
      const keyring = parseKeyring(text);
      if (typeof keyring !== 'string') return keyring;
      context.addIssue(keyring);
      return z.NEVER;
    }),
    UPSTREAM_REQUESTS_PER_MINUTE: z.coerce
      .number({ error: REQUESTS })
      .int()
      .min(1)
      .max(LIMITS.requestsPerMinuteMax)
      .default(LIMITS.upstreamRequestsPerMinute),
    OBJECTS_JURISDICTION: ObjectsJurisdiction,
    DELETION_LOOK_SECONDS: z
      .string()
      .regex(/^[0-9]{0,5}$/, LOOK_SECONDS)
      .default('')
      .transform((text) => (text === '' ? null : Number(text)))
      .refine((seconds) => seconds === null || (seconds >= 1 && seconds <= LOOK_SECONDS_MAX), LOOK_SECONDS),
    DELETE_FUSE_PERSONS_PER_DAY: z
      .string()
      .regex(/^[0-9]{0,10}$/, FUSE_PERSONS)
      .default('')
      .transform((text) => (text === '' ? null : Number(text)))
      .refine(
        (persons) => persons === null || (persons >= 1 && persons <= LIMITS.personsPerDayMax),
        FUSE_PERSONS,
      ),
    TOKEN_ISSUER: z.string().min(1).max(64).default('hedgerow'),
    READ_TIMEOUT_MS: milliseconds(10_000),
    SLOW_TIMEOUT_MS: milliseconds(30_000),
  })
  .refine(
    ({ POSTHOG_GENERATION: generation, INSIGHT_ROUTE: route }) => route === 'query' || generation === 'A',
    {
      path: ['INSIGHT_ROUTE'],
      error: 'can be legacy with POSTHOG_GENERATION A only: later ones have removed these endpoints',
    },
  );

export interface Config {
  readonly upstream: PostHogConfig;
  readonly generation: Generation;
  /** How PostHog is asked for insights. */
  readonly insightRoute: InsightRoute;
  /** The only project of the key's owner, where the operator says so. */
  readonly ownersProject: ProjectId | null;
  /** Requests a minute that PostHog is asked for one project, which all its tenants share. */
  readonly requestsPerMinute: number;
  /** Where the gateway's objects live; null: wherever the platform likes. */
  readonly jurisdiction: Jurisdiction | null;
  /** Seconds until persons whose deletion was accepted are looked for; null where the generation says it. */
  readonly firstLookSeconds: number | null;
  /** Persons that all tenants together may delete in any 24 hours before the fuse trips; null where there is no fuse. */
  readonly fusePersonsPerDay: number | null;
  readonly adminToken: string;
  readonly keyring: Keyring;
  readonly issuer: string;
}

export type Configured =
  | { readonly ok: true; readonly config: Config }
  /** Which variables are wrong and how; holds nothing of their values. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Checks the environment. There is no default secret: with one missing or short the gateway serves nothing. */
export function readConfig(env: object): Configured {
  const parsed = Environment.safeParse(env, { error: issueText });
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')} ${issue.message}`),
    };
  }
  const values = parsed.data;
  return {
    ok: true,
    config: Object.freeze({
      upstream: Object.freeze({
        origin: values.POSTHOG_HOST,
        key: values.POSTHOG_PERSONAL_API_KEY,
        readTimeoutMs: values.READ_TIMEOUT_MS,
        slowTimeoutMs: values.SLOW_TIMEOUT_MS,
      }),
      generation: values.POSTHOG_GENERATION,
      insightRoute: values.INSIGHT_ROUTE,
      ownersProject: values.POSTHOG_OWNERS_PROJECT,
      requestsPerMinute: values.UPSTREAM_REQUESTS_PER_MINUTE,
      jurisdiction: values.OBJECTS_JURISDICTION,
      firstLookSeconds: values.DELETION_LOOK_SECONDS,
      fusePersonsPerDay: values.DELETE_FUSE_PERSONS_PER_DAY,
      adminToken: values.ADMIN_TOKEN,
      keyring: values.TOKEN_SIGNING_KEYS,
      issuer: values.TOKEN_ISSUER,
    }),
  };
}
