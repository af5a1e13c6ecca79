/** Asks PostHog a read for all who wait for its answer. */
import { LIMITS } from '../../core/limits.ts';
import type { Abandonment, SharedAnswer } from '../../core/shield/shared-answer.ts';
import type { Opened } from '../client.ts';
import { bufferAnswer, openShared } from './buffered.ts';

/** Those who wait. One of the two is told, once. */
export interface Waiting {
  /** Is there anybody? Asked when PostHog has begun to answer. */
  readonly isThere: () => boolean;
  readonly remember: (answer: SharedAnswer) => void;
  readonly abandon: (why: Abandonment) => void;
}

export type Led =
  | { readonly opened: Opened; readonly answer: SharedAnswer }
  /** The answer is none that is shared. */
  | { readonly opened: Opened; readonly answer: null; readonly why: Abandonment };

const OK = 200;
const JSON_TYPE = 'application/json';

/**
 * Shares what is a success of the persons API, whole, and not too large: never an error, a redirect, or a part. An answer
 * that nobody waits for is passed on as it arrives.
 */
export async function lead(ask: () => Promise<Opened>, waiting: Waiting): Promise<Led> {
  const led = await leadOnly(ask, waiting).catch((defect: unknown) => {
    waiting.abandon('failed');
    throw defect;
  });
  if (led.answer === null) waiting.abandon(led.why);
  else waiting.remember(led.answer);
  return led;
}

async function leadOnly(ask: () => Promise<Opened>, { isThere }: Waiting): Promise<Led> {
  const opened = await ask();
  if (opened.kind !== 'open' || opened.answer.status !== OK || opened.answer.mediaType !== JSON_TYPE)
    return { opened, answer: null, why: opened.kind === 'refusal' ? 'refused' : 'failed' };
  if (!isThere()) return { opened, answer: null, why: 'failed' };
  const buffered = await bufferAnswer(opened.answer, LIMITS.sharedAnswerBytesMax);
  if (buffered.kind === 'open')
    return { opened: { kind: 'open', answer: buffered.answer }, answer: null, why: buffered.why };
  const { answer } = buffered;
  const whole = { kind: 'open', answer: openShared(answer) } as const;
  return isJson(answer) ? { opened: whole, answer } : { opened: whole, answer: null, why: 'failed' };
}

function isJson({ bytes }: SharedAnswer): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}
