/** Readers of one person with one token, one at each isolate. */
import { request as httpRequest, type Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parsed } from '../client.ts';
import type { Members } from '../tenants.ts';

/** One answer to a reader. */
export interface Read {
  /** Milliseconds of `performance.now`, right before the request was sent. */
  readonly sentMs: number;
  readonly isolate: number;
  readonly status: number;
  /** `code` of a problem; null for a success. */
  readonly code: string | null;
  /** Is what the token must not see in it? */
  readonly shows: boolean;
  /** Is it a success with another person, or none, in it? */
  readonly isForeign: boolean;
  /** How the body begins. */
  readonly begins: string;
  /** Was it an answer of PostHog's that is given again? */
  readonly isRemembered: boolean;
  /** What was left of the rate when the tenant's object was asked last. */
  readonly remaining: number | null;
}

export interface Question {
  readonly path: string;
  readonly token: string;
  /** The UUID of the person who is read. */
  readonly person: string;
  /** What a reader sees, and after the change must not. */
  readonly secret: string;
}

export interface Readers {
  /** Waits until each isolate has answered so many. */
  readonly eachRead: (count: number) => Promise<void>;
  /** Waits until each isolate has answered one that was sent after this. */
  readonly eachAnswered: (afterMs: number) => Promise<void>;
  /** Ends them, and gives what was answered, in the order of the answers. */
  readonly stop: () => Promise<readonly Read[]>;
}

/** A few reads in the term of a lease. A new isolate takes many times as long for one as an old one. */
const PAUSE_MS = 250;
const BEGINNING_CHARS = 200;

/** @param took Is told how many milliseconds each answer took. */
export function startReaders(
  agent: Agent,
  origins: readonly string[],
  question: Question,
  took: (ms: number) => void,
): Readers {
  const reads: Read[] = [];
  const stopping = new AbortController();
  const reader = async (origin: string, isolate: number): Promise<void> => {
    while (!stopping.signal.aborted) {
      const one = await read(agent, origin, isolate, question);
      if (one !== null) {
        reads.push(one);
        took(performance.now() - one.sentMs);
      }
      await sleep(PAUSE_MS);
    }
  };
  const running = origins.map(reader);
  const each = async (count: number, afterMs: number): Promise<void> => {
    const answered = (isolate: number) =>
      reads.filter((one) => one.isolate === isolate && one.sentMs > afterMs && one.status < 500).length;
    for (const [isolate] of origins.entries()) while (answered(isolate) < count) await sleep(PAUSE_MS);
  };
  return {
    eachRead: (count) => each(count, 0),
    eachAnswered: (afterMs) => each(1, afterMs),
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
      return reads;
    },
  };
}

/** Null where there was no answer: the isolate was killed, or a connection that was kept open had ended. */
function read(
  agent: Agent,
  origin: string,
  isolate: number,
  { path, token, person, secret }: Question,
): Promise<Read | null> {
  const sentMs = performance.now();
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const asked = httpRequest(`${origin}${path}`, { agent, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('error', () => resolve(null));
      incoming.on('end', () => {
        const status = incoming.statusCode ?? 0;
        const code = status === 200 ? null : (parsed(text) as Members)['code'];
        const left = /r=(\d+)/.exec(String(incoming.headers['ratelimit'] ?? ''))?.[1];
        resolve({
          sentMs,
          isolate,
          status,
          code: typeof code === 'string' ? code : null,
          shows: text.includes(secret),
          isForeign: status === 200 && !text.includes(person),
          begins: text.slice(0, BEGINNING_CHARS),
          isRemembered: incoming.headers['age'] !== undefined,
          remaining: left === undefined ? null : Number(left),
        });
      });
    });
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
