/** The one alarm of an object, set for whatever is due first. Where it rings early enough already, nothing is written. */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  /** Milliseconds since 1970; Infinity where no alarm is set. */
  #armedFor = Infinity;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Reads when the alarm rings. To be awaited before anything else. */
  async load(): Promise<void> {
    this.#armedFor = (await this.#storage.getAlarm()) ?? Infinity;
  }

  /** Makes the alarm ring at `at` or earlier. */
  armBy(at: number): void {
    if (at >= this.#armedFor) return;
    this.#armedFor = at;
    void this.#storage.setAlarm(at);
  }

  /** Sets the alarm anew: for `due`, but no earlier than `earliest`. None where `due` is null. */
  replace(due: number | null, earliest: number): void {
    this.#armedFor = Infinity;
    if (due === null) void this.#storage.deleteAlarm();
    else this.armBy(Math.max(due, earliest));
  }
}
