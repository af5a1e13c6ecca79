/** Variables and secrets, checked once at the door; the rest of the code takes the checked type. */
import * as z from 'zod/mini';
import { parseKeyring, type Keyring } from './authn/keyring.ts';
import {
  ADMIN,
  ADMIN_TOKEN,
  ADMIN_TOKEN_CHARS_MIN,
  checkTwins,
  parseOperators,
  type OperatorCredential,
} from './authn/operators.ts';
import { GENERATIONS, type Generation } from './catalogue/generation.ts';
import { issueText } from './catalogue/issues.ts';
import { INSIGHT_ROUTES, type InsightRoute } from './catalogue/route.ts';
import { AlarmWebhookSecrets, AlarmWebhookUrl, webhookProblem, type Webhook } from './core/alarms/webhook.ts';
import { ProjectId } from './core/ids.ts';
import { LIMITS } from './core/limits.ts';
import { ObjectsJurisdiction, ObjectsLocation, placementProblem, type Placement } from './core/placement.ts';
import type { PostHogConfig } from './upstream/transport.ts';

const POSTHOG_KEY_CHARS_MIN = 12;

/** Where PostHog's cloud takes events, and what its libraries are set up with. It has no persons API. */
const EVENTS_HOST = /(?:^|\.)i\.posthog\.com$/;

const REQUESTS = `must be a whole number from 1 to ${LIMITS.requestsPerMinuteMax}, or empty`;

const LOOK_SECONDS_MAX = 86_400;
const LOOK_SECONDS = `must be a whole number of seconds from 1 to ${LOOK_SECONDS_MAX}, or empty`;

const FUSE_PERSONS = `must be a whole number from 1 to ${LIMITS.personsPerDayMax}, or empty`;

const milliseconds = (otherwise: number) =>
  z._default(
    z.coerce
      .number({ error: 'must be a whole number of milliseconds from 100 to 120000' })
      .check(z.int(), z.minimum(100), z.maximum(120_000)),
    otherwise,
  );

const secret = (charsMin: number) =>
  z
    .string({ error: 'is missing' })
    .check(
      z.regex(/^[\x21-\x7e]*$/, 'must be printable ASCII without spaces'),
      z.minLength(charsMin, `must have ${charsMin} characters or more`),
    );

const OBJECTS = { OBJECTS_JURISDICTION: ObjectsJurisdiction, OBJECTS_LOCATION: ObjectsLocation };
const Objects = z.object(OBJECTS);

const placementFrom = (values: z.output<typeof Objects>): Placement => ({
  jurisdiction: values.OBJECTS_JURISDICTION,
  location: values.OBJECTS_LOCATION,
});

/** Where the objects of a gateway live, for an object that looks for another one. @throws where there is no such place. */
export const placementOf = (env: object): Placement => placementFrom(Objects.parse(env));

const ALARMS = { ALARM_WEBHOOK_URL: AlarmWebhookUrl, ALARM_WEBHOOK_SECRETS: AlarmWebhookSecrets };
const Alarms = z.object(ALARMS);

const webhookFrom = ({
  ALARM_WEBHOOK_URL: url,
  ALARM_WEBHOOK_SECRETS: secrets,
}: z.output<typeof Alarms>): Webhook | null => (url === null ? null : { url, secrets });

/** Where alarms are sent, for the object that sends them; null where they are not. @throws where that is set wrong. */
export function webhookOf(env: object): Webhook | null {
  const values = Alarms.parse(env);
  const { ALARM_WEBHOOK_URL: url, ALARM_WEBHOOK_SECRETS: secrets } = values;
  if (webhookProblem(url, secrets) !== null) throw new Error('ALARM_WEBHOOK_SECRETS is missing');
  return webhookFrom(values);
}

interface AdminTokens {
  readonly ADMIN_TOKEN: string | null;
  readonly ADMIN_TOKENS: readonly OperatorCredential[];
}

/** The holder of `ADMIN_TOKEN`, and the operators with names. */
const operatorsOf = ({ ADMIN_TOKEN: token, ADMIN_TOKENS: named }: AdminTokens): OperatorCredential[] => [
  ...(token === null ? [] : [{ ...ADMIN, token }]),
  ...named,
];

/** Says what an entry of `ADMIN_TOKENS` shares with the operator of `ADMIN_TOKEN`; null where none shares anything. */
function twinOfAdmin({ ADMIN_TOKEN: token, ADMIN_TOKENS: named }: AdminTokens): string | null {
  if (token === null) return null;
  const twins = named.map((one) => checkTwins([one], { ...ADMIN, token }));
  return (
    twins.find((twin) => twin !== null)?.replace('another', `ADMIN_TOKEN's operator, ${ADMIN.name}`) ?? null
  );
}

const Environment = z
  .object({
    POSTHOG_HOST: z.pipe(
      z.url({ protocol: /^https?$/, error: 'must be a URL like https://us.posthog.com' }).check(
        z.refine(
          (text) => !URL.canParse(text) || (new URL(text).pathname === '/' && new URL(text).search === ''),
          { error: 'must be scheme and host only' },
        ),
        z.refine((text) => !URL.canParse(text) || !EVENTS_HOST.test(new URL(text).hostname), {
          error:
            'must be the PostHog that people sign in to, like https://us.posthog.com: this host takes events only',
        }),
      ),
      z.transform((text) => new URL(text).origin),
    ),
    POSTHOG_OWNERS_PROJECT: z.pipe(
      z._default(
        z.string().check(z.regex(/^(?:[1-9][0-9]{0,9})?$/, 'must be the number of a project, or empty')),
        '',
      ),
      z.transform((text) => (text === '' ? null : ProjectId.parse(Number(text)))),
    ),
    POSTHOG_GENERATION: z._default(z.enum(GENERATIONS), 'B'),
    INSIGHT_ROUTE: z._default(z.enum(INSIGHT_ROUTES), 'query'),
    POSTHOG_PERSONAL_API_KEY: secret(POSTHOG_KEY_CHARS_MIN).check(
      z.regex(/^(?!phc_)/, 'must be a personal API key (phx_…), and this is the key of a project (phc_…)'),
    ),
    ADMIN_TOKEN: z.nullable(
      secret(ADMIN_TOKEN_CHARS_MIN).check(z.regex(ADMIN_TOKEN, 'must be made of A-Z, a-z, 0-9 and -._~+/')),
    ),
    TOKEN_SIGNING_KEYS: z.pipe(
      z.string({ error: 'is missing' }),
      z.transform((text, context): Keyring => {
        const keyring = parseKeyring(text);
        if (typeof keyring !== 'string') return keyring;
        context.issues.push({ code: 'custom', message: keyring, input: null });
        return z.NEVER;
      }),
    ),
    ADMIN_TOKENS: z.pipe(
      z._default(z.string(), ''),
      z.transform((text, context): readonly OperatorCredential[] => {
        const operators = text === '' ? [] : parseOperators(text);
        if (typeof operators !== 'string') return operators;
        context.issues.push({ code: 'custom', message: operators, input: null });
        return z.NEVER;
      }),
    ),
    UPSTREAM_REQUESTS_PER_MINUTE: z
      .pipe(
        z._default(z.string().check(z.regex(/^[0-9]{0,8}$/, REQUESTS)), ''),
        z.transform((text) => (text === '' ? null : Number(text))),
      )
      .check(
        z.refine(
          (requests) => requests === null || (requests >= 1 && requests <= LIMITS.requestsPerMinuteMax),
          REQUESTS,
        ),
      ),
    ...OBJECTS,
    DELETION_LOOK_SECONDS: z
      .pipe(
        z._default(z.string().check(z.regex(/^[0-9]{0,5}$/, LOOK_SECONDS)), ''),
        z.transform((text) => (text === '' ? null : Number(text))),
      )
      .check(
        z.refine(
          (seconds) => seconds === null || (seconds >= 1 && seconds <= LOOK_SECONDS_MAX),
          LOOK_SECONDS,
        ),
      ),
    DELETE_FUSE_PERSONS_PER_DAY: z
      .pipe(
        z._default(z.string().check(z.regex(/^[0-9]{0,10}$/, FUSE_PERSONS)), ''),
        z.transform((text) => (text === '' ? null : Number(text))),
      )
      .check(
        z.refine(
          (persons) => persons === null || (persons >= 1 && persons <= LIMITS.personsPerDayMax),
          FUSE_PERSONS,
        ),
      ),
    ...ALARMS,
    TOKEN_ISSUER: z._default(z.string().check(z.minLength(1), z.maxLength(64)), 'hedgerow'),
    READ_TIMEOUT_MS: milliseconds(10_000),
    SLOW_TIMEOUT_MS: milliseconds(30_000),
  })
  .check(
    z.refine(
      ({ POSTHOG_GENERATION: generation, INSIGHT_ROUTE: route }) => route === 'query' || generation === 'A',
      {
        path: ['INSIGHT_ROUTE'],
        error: 'can be legacy with POSTHOG_GENERATION A only: later ones have removed these endpoints',
      },
    ),
    z.superRefine((values, context) => {
      const problem = placementProblem(placementFrom(values));
      if (problem !== null)
        context.addIssue({ code: 'custom', path: ['OBJECTS_LOCATION'], message: problem });
      const unsigned = webhookProblem(values.ALARM_WEBHOOK_URL, values.ALARM_WEBHOOK_SECRETS);
      if (unsigned !== null)
        context.addIssue({ code: 'custom', path: ['ALARM_WEBHOOK_SECRETS'], message: unsigned });
      const twin = twinOfAdmin(values);
      if (twin !== null)
        context.addIssue({ code: 'custom', path: ['ADMIN_TOKENS'], message: `has an entry that ${twin}` });
    }),
  );

export interface Config {
  readonly upstream: PostHogConfig;
  readonly generation: Generation;
  /** How PostHog is asked for insights. */
  readonly insightRoute: InsightRoute;
  /** The only project of the key's owner, where the operator says so. */
  readonly ownersProject: ProjectId | null;
  /** Requests a minute that PostHog is asked for one project, which all its tenants share; null where nobody says. */
  readonly requestsPerMinute: number | null;
  /** Where the gateway's objects live. */
  readonly placement: Placement;
  /** Seconds until persons whose deletion was accepted are looked for; null where the generation says it. */
  readonly firstLookSeconds: number | null;
  /** Persons that all tenants together may delete in any 24 hours before the fuse trips; null where there is no fuse. */
  readonly fusePersonsPerDay: number | null;
  /** One or more. */
  readonly operators: readonly OperatorCredential[];
  readonly keyring: Keyring;
  readonly issuer: string;
}

export type Configured =
  | { readonly ok: true; readonly config: Config }
  /** Which variables are wrong and how; holds nothing of their values. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Where operators have names there need not be the one token that has none. */
const withoutSharedToken = (env: object): object => {
  const { ADMIN_TOKEN: shared, ADMIN_TOKENS: named } = { ADMIN_TOKEN: undefined, ADMIN_TOKENS: '', ...env };
  return shared === undefined && named !== '' ? { ...env, ADMIN_TOKEN: null } : env;
};

/** Checks the environment. There is no default secret: with one missing or short the gateway serves nothing. */
export function readConfig(env: object): Configured {
  const parsed = Environment.safeParse(withoutSharedToken(env), { error: issueText });
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
      placement: Object.freeze(placementFrom(values)),
      firstLookSeconds: values.DELETION_LOOK_SECONDS,
      fusePersonsPerDay: values.DELETE_FUSE_PERSONS_PER_DAY,
      operators: Object.freeze(operatorsOf(values)),
      keyring: values.TOKEN_SIGNING_KEYS,
      issuer: values.TOKEN_ISSUER,
    }),
  };
}
