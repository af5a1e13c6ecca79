/** The context of one request, the services that answer it, and the reply. */
import type { TokenIssuer } from '../authn/token.ts';
import type { RouteFacts } from '../catalogue/route.ts';
import type { DeletionBudget } from '../contract/deletion-budget.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { Operator, OperatorName } from '../core/operators.ts';
import type { ProjectId, Random, RequestId, TenantId, TokenId } from '../core/ids.ts';
import type { Result } from '../core/result.ts';
import type { Placement } from '../core/placement.ts';
import type { Payer, QuotaSnapshot } from '../core/shield/upstream-share.ts';
import type { Alarms } from '../objects/alarms/alarms.ts';
import type { DeletionLog } from '../objects/deletion-log/deletion-log.ts';
import type { Directory } from '../objects/directory/directory.ts';
import type { Fuse } from '../objects/fuse/fuse.ts';
import type { Remote } from '../objects/remote.ts';
import type { LimitStatus, Tenant } from '../objects/tenant/tenant.ts';
import type { UpstreamFacts } from '../policy/decide.ts';
import type { ClientFactory, DatedClient } from '../upstream/client.ts';
import type { AlarmReporter } from './alarms.ts';
import type { Leases } from './leases.ts';
import type { Invocation } from '../upstream/pacing.ts';
import type { SharedOpened, SharedReads, Sharing } from '../upstream/shared/reads.ts';
import type { UpstreamRequest } from '../upstream/request.ts';
import type { TombstonesOf } from './known-projects.ts';
import type { BodyEnd } from './reply/watch-body.ts';
import type { UsageCounter } from './usage.ts';

/** What is known of the deployment, without a secret or an address in it. */
export interface DeploymentFacts {
  readonly placement: Placement;
  /** Which cloud of PostHog's is behind the gateway; null where it is another instance. */
  readonly cloud: 'us' | 'eu' | null;
  /** The kids of the signing keys; the first signs. */
  readonly kids: readonly string[];
  readonly operators: readonly Operator[];
}

/** What handlers may use. None of it shows a handler the PostHog key, the signing keys or the admin tokens. */
export interface Services {
  readonly tokens: TokenIssuer;
  /** The operator whose admin token the request has. */
  readonly authenticateOperator: (headers: Headers) => Promise<Result<Operator>>;
  /** Another text once the operator has another admin token, and nothing of the token. */
  readonly credentialOf: (operator: OperatorName) => Promise<string>;
  /** How many operators may approve deletions. With two or more, none approves its own. */
  readonly approvers: number;
  readonly posthog: ClientFactory;
  /** What the check tells operators of the configuration. */
  readonly deployment: DeploymentFacts;
  /** What the operator says of the PostHog behind the gateway, and of the way to ask it. */
  readonly upstream: UpstreamFacts & RouteFacts;
  readonly tenant: (id: TenantId) => Remote<Tenant>;
  /** What this isolate may admit without asking a tenant's object. */
  readonly leases: Leases;
  /** What this isolate has counted of the use of tokens. */
  readonly usage: UsageCounter;
  readonly deletionLog: (id: TenantId) => Remote<DeletionLog>;
  readonly directory: () => Remote<Directory>;
  readonly alarms: () => Remote<Alarms>;
  /** What requests of this isolate show that the operator has to look at. */
  readonly alarmReporter: AlarmReporter;
  readonly fuse: () => Remote<Fuse>;
  /** What all tenants together may delete in any 24 hours; null where there is no fuse. */
  readonly fusePersonsPerDay: number | null;
  /** Counts wrong admin tokens. An object apart, so that a flood of them holds up no list of tenants. */
  readonly adminAttempts: () => Remote<Directory>;
  /** The document that the build made. No other asset can be asked for. */
  readonly openApiAsset: () => Promise<Response>;
  /** The tombstones of a project that were there when this was called, or later. */
  readonly tombstonesOf: TombstonesOf;
  /** How PostHog's limits stand for a project. */
  readonly quotasOf: (projectId: ProjectId) => Promise<readonly QuotaSnapshot[]>;
  readonly sharedReads: SharedReads;
  /** Something of the project was changed: no answer from before is given again once this is answered. */
  readonly forgetAnswers: (projectId: ProjectId, waitUntil: Invocation['waitUntil']) => Promise<void>;
  readonly nowMs: () => number;
  readonly random: Random;
}

/** What the canonical log line will say; filled in along the way. No query values, tokens or personal data. */
export interface RequestLog {
  readonly requestId: RequestId;
  readonly startedMs: number;
  /** Name of the route; of the operation on the mirror plane. */
  readonly route: string;
  tenant: TenantId | null;
  token: TokenId | null;
  /** Who asks on the admin plane. */
  operator: OperatorName | null;
  code: FailureCode | BodyEnd | null;
  /** Why the request was refused, for the members of it that the line shows. */
  failure: Failure | null;
  upstreamStatus: number | null;
  /** Milliseconds until PostHog's headers, of all calls together. */
  upstreamMs: number | null;
  upstreamCalls: number;
  /** The answer is one that PostHog gave before. */
  remembered: boolean;
  deletion: string | null;
  /** Rows PostHog sent although the slice was in the question. More than none is an alarm. */
  foreignRows: number;
  /** Rows that were left out because they could not be read or were too large. */
  droppedRows: number;
}

/** What response headers are made of; filled in along the way and never logged. */
export interface ResponseState {
  limits: readonly LimitStatus[];
  /** Until when the token that was let in can be used, in seconds since 1970. */
  tokenExpiresAtSeconds: number | null;
  /** The web origin that the grant turned out to allow. */
  allowedOrigin: string | null;
  /** What a deletion left of its budgets. */
  deletionBudgets: readonly DeletionBudget[];
}

/** Whose share of PostHog's quota calls are taken from: known once a request is admitted. */
export interface Paying {
  payer: Payer;
}

export interface Context {
  readonly request: Request;
  readonly services: Services;
  /** The client of PostHog, which tells the log line of every call. */
  readonly posthog: DatedClient;
  /** Asks PostHog a read, or answers with what another request was told. */
  readonly openShared: (request: UpstreamRequest, sharing: Sharing) => Promise<SharedOpened>;
  /** Lets work go on after the answer went out. */
  readonly waitUntil: Invocation['waitUntil'];
  readonly log: RequestLog;
  readonly response: ResponseState;
  readonly paying: Paying;
  readonly parameters: { readonly [name: string]: string };
}

/** An answer before headers that every answer has are added. */
export interface Reply {
  readonly status: number;
  readonly type: string | null;
  /** The log line waits for a stream. What a stream adds to the line is there before it ends or is cancelled. */
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
  readonly headers?: { readonly [name: string]: string };
}

export type Handler = (ctx: Context) => Promise<Result<Reply>>;

export const JSON_TYPE = 'application/json';

/** An answer in JSON. */
export const jsonReply = (status: number, value: unknown, headers: Reply['headers'] = {}): Reply => ({
  status,
  type: JSON_TYPE,
  body: JSON.stringify(value),
  headers,
});
