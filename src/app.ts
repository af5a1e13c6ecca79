/** The composition root: from an environment to something that answers requests. */
import { authenticateOperator, credentialOf, operatorNamed } from './authn/admin.ts';
import { tokenIssuer } from './authn/token.ts';
import { readConfig, type Config } from './config.ts';
import { OPERATOR_HEADER } from './contract/operators/operator.ts';
import type { SessionBook } from './contract/operators/session-book.ts';
import { failureUntil } from './core/failure.ts';
import { includesRole } from './core/operators.ts';
import { newRequestId, type ProjectId } from './core/ids.ts';
import { LIMITS } from './core/limits.ts';
import { AlarmReporter } from './http/alarms.ts';
import type { DeploymentFacts, Services } from './http/context.ts';
import { bareResponse } from './http/respond.ts';
import { problemReply } from './http/reply/problem.ts';
import { logMisconfiguration, logRequest, logUsageLost, noteFailure, openLog } from './http/log.ts';
import { Leases } from './http/leases.ts';
import { createRouter, type Router } from './http/router.ts';
import { ROUTES } from './http/routes.ts';
import { knownProjects } from './http/known-projects.ts';
import { UsageCounter } from './http/usage.ts';
import { ALARMS_NAME, type Alarms } from './objects/alarms/alarms.ts';
import { alarmRaiser } from './objects/alarms/raise.ts';
import type { DeletionLog } from './objects/deletion-log/deletion-log.ts';
import type { Directory } from './objects/directory/directory.ts';
import { logAlarmFailure, logShieldFailure } from './objects/console.ts';
import { FUSE_NAME, type Fuse } from './objects/fuse/fuse.ts';
import { random } from './objects/random.ts';
import { objectNamed, reachAgain, type Objects } from './objects/remote.ts';
import type { Shield } from './objects/shield/shield.ts';
import type { Tenant } from './objects/tenant/tenant.ts';
import { within } from './objects/within.ts';
import { clientFactory } from './upstream/client.ts';
import { pacing, type Pacing } from './upstream/pacing.ts';
import { LeaseBook } from './upstream/share/lease-book.ts';
import { Changes } from './upstream/shared/changes.ts';
import { sharedReads } from './upstream/shared/reads.ts';

/** The bindings of wrangler.toml; variables and secrets are read by `readConfig`. */
export interface Env {
  readonly TENANT: Objects<Tenant>;
  readonly DELETION_LOG: Objects<DeletionLog>;
  readonly DIRECTORY: Objects<Directory>;
  readonly SHIELD: Objects<Shield>;
  readonly FUSE: Objects<Fuse>;
  readonly ALARMS: Objects<Alarms>;
  /** Static assets: what the build made and the Worker hands out. */
  readonly ASSETS: Pick<Fetcher, 'fetch'>;
}

/** The two ways in. */
export interface App {
  /** Every public route: callers bring a credential. */
  readonly serve: Router;
  /**
   * The admin plane for a Worker that is bound to it and has signed an operator in: `OPERATOR_HEADER` names the operator. A
   * request without that header brings an admin token, as everywhere.
   */
  readonly serveOperator: Router;
  /** The sessions of operators at that Worker. */
  readonly sessions: SessionBook;
}

/** The one directory of a gateway. */
const DIRECTORY_NAME = 'directory';
const ADMIN_ATTEMPTS_NAME = 'admin attempts';
/** The host means nothing: the binding looks at the path. */
const OPENAPI_ASSET = 'https://assets.invalid/openapi.json';

/** Built once for each isolate: an environment does not change under a running one. */
const apps = new WeakMap<Env, App>();

/** The gateway of an environment. */
export function appOf(env: Env): App {
  const app = apps.get(env) ?? createApp(env);
  apps.set(env, app);
  return app;
}

/** Serves the gateway, or, with anything of its configuration missing, a 503 to everything. */
function createApp(env: Env): App {
  const configured = readConfig(env);
  if (!configured.ok) {
    logMisconfiguration(configured.problems);
    return { serve: refuseEverything, serveOperator: refuseEverything, sessions: NO_SESSIONS };
  }
  const { operators } = configured.config;
  const services = servicesOf(env, configured.config);
  const authenticateNamed: Services['authenticateOperator'] = (headers) => {
    const name = headers.get(OPERATOR_HEADER);
    return name === null ? services.authenticateOperator(headers) : operatorNamed(name, operators);
  };
  return {
    serve: createRouter(services),
    serveOperator: createRouter(
      { ...services, authenticateOperator: authenticateNamed },
      ROUTES.filter(({ plane }) => plane === 'admin'),
    ),
    sessions: {
      endSession: (session) => within(LIMITS.objectWaitMsMax, services.directory().endSession(session)),
      isSessionEnded: (id) =>
        within(
          LIMITS.objectWaitMsMax,
          reachAgain(() => services.directory().isSessionEnded(id)),
        ),
    },
  };
}

const notConfigured = (): Promise<never> => Promise.reject(new Error('The gateway is not configured.'));
const NO_SESSIONS: SessionBook = { endSession: notConfigured, isSessionEnded: notConfigured };

const nowMs = (): number => Date.now();
const newId = (): string => crypto.randomUUID();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Tenants of one PostHog project share its quota, and their queries take turns. */
const paceOf = (env: Env, { upstream, placement }: Config, leases: LeaseBook): Pacing =>
  pacing({
    leases,
    pacerOf: (projectId) => objectNamed(env.SHIELD, String(projectId), placement),
    slowTimeoutMs: upstream.slowTimeoutMs,
    newId,
    nowMs,
    unreachable: logShieldFailure,
  });

/** Where PostHog's clouds are; their addresses may have a word in front. */
const CLOUD = /(?:^|\.)(us|eu)\.(?:i\.)?posthog\.com$/;

function deploymentOf({ upstream, placement, keyring, operators }: Config): DeploymentFacts {
  const [, cloud] = CLOUD.exec(new URL(upstream.origin).hostname) ?? [];
  return {
    placement,
    cloud: cloud === 'us' || cloud === 'eu' ? cloud : null,
    kids: keyring.map(({ kid }) => kid),
    operators: operators.map(({ name, role }) => ({ name, role })),
  };
}

function servicesOf(env: Env, config: Config): Services {
  const shieldOf = (projectId: ProjectId) => objectNamed(env.SHIELD, String(projectId), config.placement);
  const leases = new LeaseBook(nowMs, newId);
  const known = knownProjects({ sourceOf: shieldOf, leases, nowMs, unreachable: logShieldFailure });
  const changes = new Changes({
    tell: (projectId) => within(LIMITS.changeToldMsMax, shieldOf(projectId).forgetAnswers()),
    pause,
    unreachable: logShieldFailure,
  });
  return {
    tokens: tokenIssuer(config.keyring, config.issuer),
    authenticateOperator: (headers) => authenticateOperator(headers, config.operators),
    credentialOf: (name) => credentialOf(name, config.operators),
    deployment: deploymentOf(config),
    approvers: config.operators.filter(({ role }) => includesRole(role, 'operator')).length,
    posthog: clientFactory(
      config.upstream,
      (input, init) => fetch(input, init),
      nowMs,
      paceOf(env, config, leases),
    ),
    upstream: {
      generation: config.generation,
      ownersProject: config.ownersProject,
      insightRoute: config.insightRoute,
    },
    tenant: (id) => objectNamed(env.TENANT, id, config.placement),
    leases: new Leases(nowMs),
    usage: new UsageCounter({
      nowMs,
      newId,
      pause,
      report: (id, report) => objectNamed(env.TENANT, id, config.placement).takeUsage(report),
      lost: logUsageLost,
    }),
    deletionLog: (id) => objectNamed(env.DELETION_LOG, id, config.placement),
    fuse: () => objectNamed(env.FUSE, FUSE_NAME, config.placement),
    alarms: () => objectNamed(env.ALARMS, ALARMS_NAME, config.placement),
    alarmReporter: new AlarmReporter({
      nowMs,
      pause,
      raise: alarmRaiser(env.ALARMS, config.placement),
      lost: logAlarmFailure,
    }),
    fusePersonsPerDay: config.fusePersonsPerDay,
    directory: () => objectNamed(env.DIRECTORY, DIRECTORY_NAME, config.placement),
    adminAttempts: () => objectNamed(env.DIRECTORY, ADMIN_ATTEMPTS_NAME, config.placement),
    openApiAsset: () => env.ASSETS.fetch(OPENAPI_ASSET),
    tombstonesOf: known.tombstonesOf,
    quotasOf: (projectId) => shieldOf(projectId).quotas(),
    sharedReads: sharedReads({
      sourceOf: shieldOf,
      epochOf: async (projectId) => ((await changes.areTold(projectId)) ? known.epochOf(projectId) : null),
      lastEpochOf: known.lastEpochOf,
      holdsPermit: (projectId, payer) => payer.kind === 'tenant' && leases.holds(projectId, payer),
      nowMs,
      unreachable: logShieldFailure,
    }),
    forgetAnswers: (projectId, waitUntil) => changes.changed(projectId, waitUntil),
    nowMs,
    random,
  };
}

const RETRY_SECONDS = 60;

function refuseEverything(request: Request): Response {
  const requestId = newRequestId(random);
  const log = openLog(requestId, nowMs(), 'not_configured');
  const refusal = failureUntil(
    'not_configured',
    'The gateway is not configured. Its console says what is missing.',
    RETRY_SECONDS,
  );
  noteFailure(log, refusal);
  const response = bareResponse(problemReply(refusal, requestId), requestId);
  logRequest(log, request, response.status, nowMs());
  return response;
}
