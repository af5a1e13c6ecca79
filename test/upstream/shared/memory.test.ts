/** The memory of answers: bounded in bytes, true to the epoch, never older than asked. */
import { describe, expect, test } from 'vitest';
import { AnswerMemory } from '../../../src/upstream/shared/memory.ts';

const answer = (bytes: number) => ({
  status: 200,
  mediaType: 'application/json',
  bytes: new Uint8Array(bytes),
});
const remembered = (bytes: number, givenMs = 0, epoch = 'e1') => ({ answer: answer(bytes), givenMs, epoch });

describe('A memory of answers', () => {
  test('It finds an answer of the same epoch that is young enough, and no other', () => {
    const memory = new AnswerMemory(10_000);
    memory.add('q', remembered(10, 1000));
    expect(memory.find('q', 'e1', 500, 1499)?.givenMs).toBe(1000);
    expect(memory.find('q', 'e1', 500, 1500)).toBe(null);
    expect(memory.find('other', 'e1', 500, 1499)).toBe(null);
    expect(memory.find('q', 'e2', 500, 1499)).toBe(null);
  });

  test('An answer of another epoch is forgotten, and so is one from the future', () => {
    const memory = new AnswerMemory(10_000);
    memory.add('q', remembered(10));
    memory.find('q', 'e2', 500, 1);
    expect(memory.bytes).toBe(0);
    memory.add('q', remembered(10, 1000));
    expect(memory.find('q', 'e1', 500, 999)).toBe(null);
    expect(memory.bytes).toBe(0);
  });

  test('An answer takes the place of the one before it', () => {
    const memory = new AnswerMemory(10_000);
    memory.add('q', remembered(10, 0));
    const { bytes } = memory;
    memory.add('q', remembered(10, 5));
    expect(memory.bytes).toBe(bytes);
    expect(memory.find('q', 'e1', 100, 6)?.givenMs).toBe(5);
  });

  test('It never holds more bytes than it may, and forgets first what was not used for longest', () => {
    const memory = new AnswerMemory(3500);
    for (const question of ['a', 'b', 'c']) memory.add(question, remembered(900));
    expect(memory.find('a', 'e1', 100, 1)).not.toBe(null);
    memory.add('d', remembered(900));
    expect(memory.bytes).toBeLessThanOrEqual(3500);
    expect(['a', 'b', 'c', 'd'].filter((each) => memory.find(each, 'e1', 100, 1) !== null)).toEqual([
      'a',
      'c',
      'd',
    ]);
    memory.add('huge', remembered(4000));
    expect(memory.bytes).toBe(0);
  });
});
