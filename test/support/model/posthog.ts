/** A PostHog that has persons, carries bulk deletes out or not, and answers these and look-ups or not. */
export type Mood =
  | 'well'
  /** Says in its answer that it could not delete the first person it was sent. */
  | 'half'
  /** Says that it deleted, and did not: its queue dropped the persons. */
  | 'drops'
  | 'throttled'
  | 'failing'
  | 'forbidden'
  /** The request never arrives. */
  | 'lost before'
  /** The work is done, and the answer never arrives. */
  | 'lost after'
  /** The object dies while it waits; the work is not done. */
  | 'dies before'
  /** The object dies while it waits; the work is done. */
  | 'dies after';

export interface Call {
  readonly ids: readonly string[];
  readonly at: number;
}

export class PostHog {
  readonly persons = new Set<string>();
  /** What it was asked to delete. */
  readonly calls: Call[] = [];
  /** When each person was deleted, in milliseconds since 1970. */
  readonly deletedAt = new Map<string, number>();
  moods: Mood[] = [];
  onDeath: () => void = () => undefined;
  nowMs = 0;

  /** As `fetch`. */
  readonly answer = async (_: unknown, init: RequestInit = {}): Promise<Response> => {
    const body = typeof init.body === 'string' ? init.body : '';
    const { ids, uuids } = JSON.parse(body) as { ids?: string[]; uuids?: string[] };
    const mood = this.moods.shift() ?? 'well';
    if (ids === undefined) return this.#show(uuids ?? [], mood);
    this.calls.push({ ids, at: this.nowMs });
    switch (mood) {
      case 'well':
        return this.#accepted(ids, []);
      case 'drops':
        return accepted(ids.filter((id) => this.persons.has(id)).length, []);
      case 'half':
        return this.#accepted(ids, ids.slice(0, 1));
      case 'throttled':
        return new Response('{}', { status: 429, headers: { 'retry-after': '20' } });
      case 'failing':
        return new Response('{}', { status: 500 });
      case 'forbidden':
        return new Response('{}', { status: 403 });
      case 'lost before':
        throw new TypeError('Network connection lost.');
      case 'lost after':
        this.#delete(ids);
        throw new TypeError('Network connection lost.');
      case 'dies before':
        return this.#die();
      case 'dies after':
        this.#delete(ids);
        return this.#die();
    }
  };

  #accepted(ids: readonly string[], left: readonly string[]): Response {
    const found = ids.filter((id) => this.persons.has(id));
    const failed = left.filter((id) => this.persons.has(id));
    this.#delete(found.filter((id) => !failed.includes(id)));
    return accepted(found.length, failed);
  }

  /** The batch look-up by UUID. */
  async #show(uuids: readonly string[], mood: Mood): Promise<Response> {
    switch (mood) {
      case 'well':
      case 'half':
      case 'drops': {
        const found = uuids.filter((id) => this.persons.has(id));
        const rows = found.map((uuid) => [
          uuid,
          { uuid, properties: {}, distinct_ids: [], created_at: LONG_AGO },
        ]);
        return Response.json({ results: Object.fromEntries(rows) as unknown });
      }
      case 'throttled':
        return new Response('{}', { status: 429, headers: { 'retry-after': '20' } });
      case 'failing':
        return new Response('{}', { status: 500 });
      case 'forbidden':
        return new Response('{}', { status: 403 });
      case 'lost before':
      case 'lost after':
        throw new TypeError('Network connection lost.');
      case 'dies before':
      case 'dies after':
        return this.#die();
    }
  }

  #delete(ids: readonly string[]): void {
    for (const id of ids) if (this.persons.delete(id)) this.deletedAt.set(id, this.nowMs);
  }

  #die(): Promise<Response> {
    this.onDeath();
    return new Promise(() => undefined);
  }
}

const LONG_AGO = '2026-01-05T10:00:00Z';

const accepted = (found: number, failed: readonly string[]): Response =>
  Response.json(
    {
      persons_found: found,
      persons_deleted: found - failed.length,
      events_queued_for_deletion: false,
      recordings_queued_for_deletion: false,
      deletion_errors: failed.map((id) => ({ person_uuid: id, step: 'delete_person' })),
    },
    { status: 202 },
  );
