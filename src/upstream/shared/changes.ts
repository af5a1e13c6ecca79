/**
 * Tells the object of a project that something of the project was changed. What the object could not be told is told as soon as the
 * object can be reached, and before this isolate shares an answer of the project again.
 */
import type { ProjectId } from '../../core/ids.ts';
import type { Invocation } from '../pacing.ts';

export interface ChangesOptions {
  /** Begins a new epoch of the project. Settles once no isolate answers by the old epoch. */
  readonly tell: (projectId: ProjectId) => Promise<void>;
  readonly pause: (ms: number) => Promise<void>;
  /** Told when the object of a project cannot be reached. */
  readonly unreachable: (error: unknown) => void;
}

/** Milliseconds between calls to an object that fails: one that has just restarted answers the second. */
const PAUSES_MS = [0, 100, 1000];
/** Later calls, once the client is answered: the runtime lets work go on for 30 seconds then. */
const LATER = { pauseMs: 2000, callsMax: 14 };

export class Changes {
  readonly #options: ChangesOptions;
  /** By project, the number of the newest change that its object does not know of. */
  readonly #untold = new Map<ProjectId, number>();
  #count = 0;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** Something was changed. A client does not wait for ever for an object that is out of reach. */
  async changed(projectId: ProjectId, waitUntil: Invocation['waitUntil']): Promise<void> {
    const { pause, unreachable } = this.#options;
    for (const ms of PAUSES_MS) {
      if ((await this.#tell(projectId)) === null) return;
      await pause(ms);
    }
    const failed = await this.#tell(projectId);
    if (failed === null) return;
    this.#count += 1;
    this.#untold.set(projectId, this.#count);
    unreachable(failed.error);
    waitUntil(this.#tellLater(projectId));
  }

  /** Keeps nothing: the runtime may end this work at any point. */
  async #tellLater(projectId: ProjectId): Promise<void> {
    for (let calls = 0; calls < LATER.callsMax; calls += 1) {
      await this.#options.pause(LATER.pauseMs);
      if (await this.areTold(projectId)) return;
    }
  }

  /** Does the object know of every change by now? */
  async areTold(projectId: ProjectId): Promise<boolean> {
    return !this.#untold.has(projectId) || (await this.#tell(projectId)) === null;
  }

  /** A change that is made while the object is being told is not told with it. */
  async #tell(projectId: ProjectId): Promise<{ readonly error: unknown } | null> {
    const newest = this.#untold.get(projectId);
    try {
      await this.#options.tell(projectId);
    } catch (error) {
      return { error };
    }
    if (this.#untold.get(projectId) === newest) this.#untold.delete(projectId);
    return null;
  }
}
