/** Answers of a project: remembered within an epoch, asked for once by all who want the same. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { RecallAsk, Recalled, SharedAnswer, Ticket } from '../../../src/core/shield/shared-answer.ts';
import { AnswerBook } from '../../../src/objects/shield/answer-book.ts';

const answerOf = (text: string): SharedAnswer => ({
  status: 200,
  mediaType: 'application/json',
  bytes: new TextEncoder().encode(text),
});
const OLD = answerOf('"old"');
const NEW = answerOf('"new"');

const ask = (question: string, ageMsMax = 10_000): RecallAsk => ({ question, ageMsMax, whileAsked: 'join' });

const longQuestion = (nth: number): string => `${nth} ${'x'.repeat(100_000)}`;

const book = () => new AnswerBook('this start');

/** Recalls where the answer is there at once. */
const now = (from: AnswerBook, asked: RecallAsk, nowMs: number): Recalled => {
  const recalled = from.recall(asked, nowMs);
  if (recalled instanceof Promise) throw new Error('the answer is waited for');
  return recalled;
};
/** Recalls where another asks. */
const later = async (from: AnswerBook, asked: RecallAsk, nowMs: number): Promise<Recalled> =>
  from.recall(asked, nowMs);
const ticketOf = (recalled: Recalled): Ticket => {
  if (recalled.kind !== 'ask') throw new Error(`nobody is to ask: ${recalled.kind}`);
  return recalled.ticket;
};

describe('An answer book', () => {
  test('The first asks PostHog; those who come meanwhile are told what PostHog said, and later ones too', async () => {
    const answers = book();
    const ticket = ticketOf(now(answers, ask('a'), 0));
    const waiting = [later(answers, ask('a'), 5), later(answers, ask('a', 0), 6)];
    answers.remember(ticket, NEW);
    expect(await Promise.all(waiting)).toMatchObject([
      { kind: 'answer', answer: NEW, from: 'asked', ageMs: 5 },
      { kind: 'answer', answer: NEW, from: 'asked', ageMs: 6 },
    ]);
    expect(now(answers, ask('a'), 100)).toMatchObject({ answer: NEW, from: 'remembered', ageMs: 100 });
  });

  test('Questions are apart', () => {
    const answers = book();
    answers.remember(ticketOf(now(answers, ask('a'), 0)), NEW);
    expect(now(answers, ask('b'), 2).kind).toBe('ask');
  });

  test('An answer is as old as the time since PostHog was asked for it, and no older than who asks wants it', () => {
    const answers = book();
    answers.remember(ticketOf(now(answers, ask('a'), 1000)), NEW);
    expect(now(answers, ask('a', 5000), 5999)).toMatchObject({ kind: 'answer', ageMs: 4999 });
    expect(now(answers, ask('a', 5000), 6000).kind).toBe('ask');
  });

  test('After a change nothing from before is told', () => {
    const answers = book();
    answers.remember(ticketOf(now(answers, ask('a'), 0)), OLD);
    const before = answers.epoch;
    answers.forget();
    expect(answers.epoch).not.toBe(before);
    expect(now(answers, ask('a'), 2).kind).toBe('ask');
  });

  test('An answer that was asked for before a change is told to those who waited before it, and to nobody after', async () => {
    const answers = book();
    const old = ticketOf(now(answers, ask('a'), 0));
    const before = answers.recall(ask('a'), 1);
    answers.forget();
    const after = now(answers, ask('a'), 2);
    answers.remember(old, OLD);
    expect(await before).toMatchObject({ kind: 'answer', answer: OLD });
    const waiting = answers.recall(ask('a'), 4);
    answers.remember(ticketOf(after), NEW);
    expect(await waiting).toMatchObject({ kind: 'answer', answer: NEW });
    expect(now(answers, ask('a'), 6)).toMatchObject({ kind: 'answer', answer: NEW });
  });

  test('The next reader who waits asks where PostHog fails, and the others wait for that one', async () => {
    const answers = book();
    const first = ticketOf(now(answers, ask('a'), 0));
    const [second, third] = [answers.recall(ask('a'), 1), answers.recall(ask('a'), 2)];
    answers.abandon(first, 'failed', 3);
    const next = ticketOf(await second);
    answers.remember(next, NEW);
    expect(await third).toMatchObject({ kind: 'answer', answer: NEW, ageMs: 0 });
  });

  test.each(['refused', 'too_large'] as const)(
    'Readers who wait ask by themselves where the answer is %s',
    async (why) => {
      const answers = book();
      const first = ticketOf(now(answers, ask('a'), 0));
      const waiting = answers.recall(ask('a'), 1);
      answers.abandon(first, why, 2);
      expect(await waiting).toEqual({ kind: 'alone' });
      expect(now(answers, ask('a'), 3).kind).toBe(why === 'too_large' ? 'alone' : 'ask');
      answers.forget();
      expect(now(answers, ask('a'), 4).kind).toBe('ask');
    },
  );

  test('One who wants PostHog asked anew is told to ask, whatever is remembered or under way', () => {
    const answers = book();
    answers.remember(ticketOf(now(answers, ask('a'), 0)), OLD);
    const anew = now(answers, { ...ask('a'), whileAsked: 'anew' }, 2);
    answers.remember(ticketOf(anew), NEW);
    expect(now(answers, ask('a'), 4)).toMatchObject({ kind: 'answer', answer: NEW });
  });

  test('Those who wait for one that is gone ask by themselves, and the next who comes asks for all', async () => {
    const answers = book();
    now(answers, ask('a'), 0);
    const waiting = answers.recall(ask('a'), 1);
    expect(now(answers, ask('b'), 119_999).kind).toBe('ask');
    const next = now(answers, ask('a'), 120_000);
    expect(next.kind).toBe('ask');
    expect(await waiting).toEqual({ kind: 'alone' });
  });

  test('Nobody joins one who has asked for as long as a read may wait', async () => {
    const answers = book();
    now(answers, ask('a'), 0);
    void answers.recall(ask('a'), LIMITS.sharedAnswerWaitMsMax - 1);
    const second = ticketOf(now(answers, ask('a'), LIMITS.sharedAnswerWaitMsMax));
    const waiting = answers.recall(ask('a'), LIMITS.sharedAnswerWaitMsMax + 1);
    answers.remember(second, NEW);
    expect(await waiting).toMatchObject({ kind: 'answer', answer: NEW });
  });

  test('Only a bounded number of readers wait, and those beyond ask by themselves', async () => {
    const answers = book();
    const first = ticketOf(now(answers, ask('a'), 0));
    const waiting = Array.from({ length: LIMITS.sharedAnswerWaitersMax }, () => later(answers, ask('a'), 1));
    expect(now(answers, ask('a'), 2)).toEqual({ kind: 'alone' });
    answers.remember(first, NEW);
    await Promise.all(waiting);
    const again = ticketOf(now(answers, ask('b'), 4));
    const one = answers.recall(ask('b'), 5);
    answers.remember(again, NEW);
    expect(await one).toMatchObject({ kind: 'answer' });
  });

  test('An answer that was asked for earlier does not take the place of a younger one', () => {
    const answers = book();
    const slow = ticketOf(now(answers, ask('a'), 0));
    const anew = ticketOf(now(answers, { ...ask('a'), whileAsked: 'anew' }, 5));
    answers.remember(anew, NEW);
    answers.remember(slow, OLD);
    expect(now(answers, ask('a'), 10)).toMatchObject({ kind: 'answer', answer: NEW, ageMs: 5 });
  });

  test('Questions whose answers are too large are noted in a bounded number of bytes', () => {
    const answers = book();
    for (let nth = 0; nth < 50; nth += 1)
      answers.abandon(ticketOf(now(answers, ask(longQuestion(nth)), nth)), 'too_large', nth);
    expect(now(answers, ask(longQuestion(49)), 60)).toEqual({ kind: 'alone' });
    expect(now(answers, ask(longQuestion(0)), 60)).toMatchObject({ kind: 'ask' });
  });

  test('A ticket that is over changes nothing', () => {
    const answers = book();
    const ticket = ticketOf(now(answers, ask('a'), 0));
    answers.remember(ticket, NEW);
    answers.remember(ticket, OLD);
    answers.abandon(ticket, 'failed', 3);
    answers.remember('this start/99', OLD);
    expect(now(answers, ask('a'), 5)).toMatchObject({ kind: 'answer', answer: NEW });
  });

  test('A ticket from before a start of the object answers no other question', async () => {
    const before = ticketOf(now(new AnswerBook('before'), ask('a'), 0));
    const answers = new AnswerBook('after');
    const first = ticketOf(now(answers, ask('b'), 1));
    const waiting = later(answers, ask('b'), 2);
    answers.remember(before, OLD);
    answers.abandon(before, 'refused', 3);
    answers.remember(first, NEW);
    expect(await waiting).toMatchObject({ kind: 'answer', answer: NEW });
    expect(now(answers, ask('b'), 4)).toMatchObject({ kind: 'answer', answer: NEW });
  });

  test('No two starts of an object have an epoch in common', () => {
    const [one, other] = [new AnswerBook('one'), new AnswerBook('other')];
    expect(one.epoch).not.toBe(other.epoch);
  });
});
