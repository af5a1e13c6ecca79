/** The rate of one token as it is deployed, in Node: an object over a SQLite that outlives it, and isolates that lease from it. */
import type { Principal } from '../../../src/authn/token.ts';
import { ProjectId, RegistrationId, TenantId, TokenId } from '../../../src/core/ids.ts';
import { failureUntil } from '../../../src/core/failure.ts';
import { Leases, type AdmittedByObject, type Asking } from '../../../src/http/leases.ts';
import { LeaseBook, type Lease } from '../../../src/objects/tenant/lease-book.ts';
import { limitsShown } from '../../../src/objects/tenant/limits.ts';
import { RateLimiter, type Limit } from '../../../src/objects/tenant/rate-limiter.ts';
import { TENANT_STEPS } from '../../../src/objects/tenant/schema.ts';
import type { Admission, LimitStatus } from '../../../src/objects/tenant/tenant.ts';
import { TenantRecord, type Rate } from '../../../src/policy/grant.ts';
import { Database } from './database.ts';

const database = new Database(TENANT_STEPS);

const RECORD = TenantRecord.parse({ name: 'Acme', project_id: 1, scopes: ['person:read'] });
const REGISTRATION = RegistrationId.parse(`reg_${'r'.repeat(22)}`);
const TOKEN = TokenId.parse(`tok_${'a'.repeat(22)}`);

export const principal = (): Principal => ({
  tenant: TenantId.parse('acme'),
  registration: REGISTRATION,
  token: TOKEN,
  projectId: ProjectId.parse(1),
  scopes: [],
  narrowing: {},
  actor: null,
  ancestors: [],
  issuedAtSeconds: 0,
  notBeforeSeconds: null,
  expiresAtSeconds: 4_000_000_000,
});

/** What an object says that admits a request. */
export const admission = (limits: LimitStatus[], lease: Lease | null): AdmittedByObject => ({
  verdict: 'admitted',
  tenant: RECORD,
  registration: REGISTRATION,
  limits,
  lease,
  endsMs: null,
});

/** Requests that were admitted, by the true time. */
export interface Admitted {
  readonly atMs: number;
  readonly cost: number;
}

/** A question that is under way. */
interface Question {
  readonly isolate: number;
  readonly asking: Asking;
  readonly cost: number;
  admission: Admission | null;
}

interface Isolate {
  readonly leases: Leases;
  readonly principal: Principal;
  aheadMs: number;
}

export class RateInNode {
  /** The true time. */
  nowMs: number;
  /** How far the object's clock is ahead of it. */
  aheadMs = 0;
  readonly admitted: Admitted[] = [];
  readonly limits: readonly Limit[];
  /** Admitted without a hop. */
  byLease = 0;
  #limiter!: RateLimiter;
  #book!: LeaseBook;
  #lives = 0;
  readonly #isolates: Isolate[] = [];
  readonly #questions: Question[] = [];

  /** The first rate is that of the tenant, the second that of the token. */
  constructor(rates: readonly Rate[], isolates: number, startMs: number) {
    database.begin();
    this.nowMs = startMs;
    this.limits = rates.map((rate, nth) => ({ holder: nth === 0 ? 'tenant' : TOKEN, rate }));
    this.restart();
    for (let nth = 0; nth < isolates; nth += 1) this.#isolates.push(this.#born(nth * 77_777));
  }

  close(): void {
    database.rollBack();
  }

  restart(): void {
    this.#lives += 1;
    this.#limiter = new RateLimiter(database.sql as unknown as SqlStorage);
    this.#book = new LeaseBook(this.#limiter, `life-${this.#lives}`);
  }

  /** The isolate loses its memory. */
  forget(nth: number): void {
    this.#isolates[nth] = this.#born(this.#at(nth).aheadMs);
  }

  moveClockOf(nth: number, ms: number): void {
    this.#at(nth).aheadMs += ms;
  }

  get isLeasing(): boolean {
    return this.#book.size > 0;
  }

  /** What the object says is left of the tenant's rate. */
  get remaining(): number {
    const { spent } = this.#book.spend(this.limits, 0, null, this.nowMs + this.aheadMs);
    return spent.statuses[0]?.remaining ?? 0;
  }

  /** One request: admitted by a lease, or a question that is sent. Null where no hop was needed. */
  request(nth: number, cost: number): Question | null {
    const isolate = this.#at(nth);
    if (isolate.leases.use(isolate.principal, cost) !== null) {
      this.admitted.push({ atMs: this.nowMs, cost });
      this.byLease += 1;
      return null;
    }
    const question = {
      isolate: nth,
      asking: isolate.leases.ask(isolate.principal, cost),
      cost,
      admission: null,
    };
    this.#questions.push(question);
    return question;
  }

  /** The question comes to the object. */
  arrive(question: Question): void {
    const { cost, asking } = question;
    const { spent, lease } = this.#book.spend(this.limits, cost, asking.ask, this.nowMs + this.aheadMs);
    const limits = limitsShown(spent.statuses);
    if (spent.refused === null) this.admitted.push({ atMs: this.nowMs, cost });
    question.admission =
      spent.refused === null
        ? admission(limits, lease)
        : {
            verdict: 'refused',
            failure: failureUntil('rate_limited', '', spent.refused.retryAfterSeconds),
            limits,
          };
  }

  /** The answer comes to the isolate. */
  deliver(question: Question): void {
    const { leases, principal: holder } = this.#at(question.isolate);
    leases.answered(holder, question.asking, question.cost, question.admission);
    this.lose(question);
  }

  /** Neither the question nor its answer is seen again. */
  lose(question: Question): void {
    this.#questions.splice(this.#questions.indexOf(question), 1);
  }

  /** A question that is under way. */
  pending(nth: number): Question | undefined {
    return this.#questions[nth % Math.max(1, this.#questions.length)];
  }

  /** Asks at once; true where it is admitted. */
  ask(nth: number, cost: number): Admission | 'leased' {
    const question = this.request(nth, cost);
    if (question === null) return 'leased';
    this.arrive(question);
    this.deliver(question);
    if (question.admission === null) throw new Error('the object has answered');
    return question.admission;
  }

  #at(nth: number): Isolate {
    const isolate = this.#isolates[nth];
    if (isolate === undefined) throw new RangeError('There is no such isolate.');
    return isolate;
  }

  #born(aheadMs: number): Isolate {
    const isolate: Isolate = {
      aheadMs,
      principal: principal(),
      leases: new Leases(() => this.nowMs + isolate.aheadMs),
    };
    return isolate;
  }
}
