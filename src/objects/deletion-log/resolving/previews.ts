/** What a preview shows, and its confirmation: only the set that was shown is ever carried out. */
import { failure, type Failure } from '../../../core/failure.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { DeletionPreview } from '../../../contract/preview.ts';
import { redactorOf, type ShownBy } from '../../../policy/redact-answer.ts';
import { reused, type Keyed } from '../intents/keyed.ts';
import { beingSent } from '../job/decision.ts';
import { holdReason } from '../job/hold.ts';
import type { DeletionRunner } from '../runner.ts';
import type { Upstream } from '../send.ts';
import { Jobs, type JobAt } from '../storage/jobs.ts';
import { IdempotencyKeys } from '../storage/repeats.ts';
import { Selections, type StoredSelection } from '../storage/selections.ts';
import type { Unfit } from './read-set.ts';
import { withoutPersons, type Resolver } from './resolver.ts';
import { consequencesOf, type SampledPerson } from './sample.ts';
import { PREVIEW_MS, stricter, type Confirmation } from './selection.ts';

/** Milliseconds that a client waits for its preview: one of a thousand persons is a few look-ups. */
const READ_SOON_MS_MAX = 10_000;

/** A preview whose persons may have been deleted since. */
export interface KeptPreview extends Omit<DeletionPreview, 'sample'> {
  readonly sample: readonly SampledPerson[];
}

interface Confirming {
  readonly fingerprint: string;
  readonly ended: Promise<Result<'confirmed'>>;
}

export class Previews {
  readonly #storage: DurableObjectStorage;
  readonly #jobs: Jobs;
  readonly #selections: Selections;
  readonly #keys: IdempotencyKeys;
  readonly #runner: DeletionRunner;
  readonly #resolver: Resolver;
  readonly #nowMs: () => number;
  /** Confirmations that this instance reads the persons of right now, by their keys. */
  readonly #confirming = new Map<string, Confirming>();

  constructor(
    storage: DurableObjectStorage,
    runner: DeletionRunner,
    resolver: Resolver,
    nowMs: () => number,
  ) {
    this.#storage = storage;
    this.#jobs = new Jobs(storage.sql);
    this.#selections = new Selections(storage.sql);
    this.#keys = new IdempotencyKeys(storage.sql);
    this.#runner = runner;
    this.#resolver = resolver;
    this.#nowMs = nowMs;
  }

  /** Null where the deletion is not previewed now. `shownBy` is the grant of the reader, null for the operator. */
  show(number: number, shownBy: ShownBy | null): KeptPreview | null {
    if (this.#jobs.at(number).state !== 'previewed') return null;
    const found = this.#selections.latest(number);
    const shownAt = this.#selections.shownAt(number);
    if (found === null || shownAt === null) return null;
    const { deletion } = this.#selections.read(number);
    const redact = shownBy === null ? null : redactorOf('person', shownBy);
    return {
      digest: found.digest,
      persons: found.persons,
      expires_at: new Date(shownAt + PREVIEW_MS).toISOString(),
      consequences: [...consequencesOf(deletion.flags, found.persons)],
      sample: this.#selections.sample(number).flatMap(({ person, distinctIds }) => {
        const shown = redact === null ? person : redact(person);
        return shown === null ? [] : [{ person: shown, distinctIds }];
      }),
    };
  }

  /** Reads the persons of a preview that waits for it, and waits some seconds for that. It goes on by itself. */
  async readSoon(
    number: number,
    upstream: Upstream,
    keepAlive: (work: Promise<void>) => void,
  ): Promise<void> {
    if (this.#runner.isBusy(number)) return;
    const reading = this.#runner.step(number, upstream).then(
      () => undefined,
      () => undefined,
    );
    keepAlive(reading);
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, READ_SOON_MS_MAX);
    await Promise.race([reading, patience.promise]);
    clearTimeout(timer);
  }

  /**
   * Carries out what was shown under this digest, after reading the set again. Fails as `DeletionLog.confirm` says; then
   * nothing is sent, and it stays previewed. A key that stands for the same confirmation answers that it was carried out.
   * While the first request with a key still reads, the next one waits for it and is told the same.
   */
  async confirm(
    number: number,
    confirmation: Confirmation,
    keyed: Keyed | null,
    upstream: Upstream,
  ): Promise<Result<'confirmed' | 'replayed'>> {
    const used = keyed === null ? null : this.#used(keyed);
    if (used !== null) return used;
    const running = keyed === null ? undefined : this.#confirming.get(keyed.key);
    if (running !== undefined) {
      if (running.fingerprint !== keyed?.fingerprint) return err(reused());
      const ended = await running.ended;
      return ended.ok ? ok('replayed') : ended;
    }
    if (confirmation.refusal !== undefined) return err(confirmation.refusal);
    if (this.#runner.isBusy(number)) return err(beingSent());
    const { digest } = confirmation;
    const job = this.#jobs.at(number);
    const shown = this.#selections.latest(number);
    if (job.state !== 'previewed' || shown === null || this.#isExpired(number))
      return err(
        conflict(`It cannot be confirmed: it is ${job.state === 'previewed' ? 'expired' : job.state}.`),
      );
    if (shown.digest !== digest) return err(changed('The digest is not that of the preview.'));
    if (shown.persons === 0) return err(conflict('It names no person, so there is nothing to confirm.'));
    const stored = this.#selections.read(number);
    const selection = { ...stored, terms: stricter(stored.terms, confirmation) };
    if (holdReason(withoutPersons(selection), upstream) !== null)
      return err(
        conflict('It was previewed under another configuration of the gateway. Make a new preview.'),
      );
    const ended = this.#runner.alone(number, () =>
      this.#readAndConfirm({ ...job, state: 'previewed' }, selection, confirmation, keyed, upstream),
    );
    if (keyed === null) return ended;
    this.#confirming.set(keyed.key, { fingerprint: keyed.fingerprint, ended });
    try {
      return await ended;
    } finally {
      this.#confirming.delete(keyed.key);
    }
  }

  /** What the key says, where it was used before. */
  #used({ key, fingerprint }: Keyed): Result<'replayed'> | null {
    const used = this.#keys.find(key, this.#nowMs());
    if (used === null) return null;
    return used.fingerprint === fingerprint ? ok('replayed') : err(reused());
  }

  async #readAndConfirm(
    job: JobAt<'previewed'>,
    selection: StoredSelection,
    { digest, by }: Confirmation,
    keyed: Keyed | null,
    upstream: Upstream,
  ): Promise<Result<'confirmed'>> {
    const read = await this.#resolver.read(selection, upstream);
    const { state, step } = this.#jobs.at(job.number);
    if (step !== job.step) return err(conflict(`It cannot be confirmed: it is ${state}.`));
    if (!read.ok) return read;
    const found = read.value;
    if (typeof found === 'string') return err(changed(UNFIT_DETAILS[found]));
    return this.#storage.transactionSync(() => {
      const now = this.#nowMs();
      // A deletion may have taken the key meanwhile.
      if (keyed !== null && this.#used(keyed) !== null) return err(reused());
      if (found.digest !== digest) {
        this.#selections.find(job.number, found, now);
        this.#selections.keepSample(job.number, found.sample);
        this.#jobs.move(job, 'changed', now);
        return err(
          changed(
            'The persons it names have changed. Look at the preview again, and confirm its new digest.',
          ),
        );
      }
      const exhausted = this.#resolver.checkBudget(selection, found);
      if (exhausted !== null) return err(exhausted);
      this.#resolver.plan(selection, found, upstream);
      this.#selections.dropSample(job.number);
      this.#jobs.move(job, 'confirmed', now, by);
      if (keyed !== null) this.#keys.recordConfirmation(job.number, keyed, now);
      return ok('confirmed');
    });
  }

  #isExpired(number: number): boolean {
    return this.#nowMs() >= (this.#selections.shownAt(number) ?? 0) + PREVIEW_MS;
  }
}

const conflict = (detail: string): Failure => failure('deletion_state_conflict', detail);
const UNFIT_DETAILS = {
  too_many: 'It names more persons now than one deletion may.',
  matched_all:
    'Its filter names every person that this token can delete now, and does not say "all": true. Make a new preview.',
} as const satisfies Record<Unfit, string>;
const changed = (detail: string): Failure =>
  failure('deletion_preview_changed', `${detail} Nothing was sent.`, 'digest');
