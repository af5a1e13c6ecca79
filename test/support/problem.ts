import { expect } from 'vitest';
import { FAILURES, type FailureCode } from '../../src/core/failure.ts';
import type { Answer } from './client.ts';

/** Holds an answer to being a problem of this code, whole: four members of PostHog's, three of RFC 9457. */
export function problem(answer: Answer, code: FailureCode, attr: string | null = null): void {
  const { status, type, title } = FAILURES[code];
  expect(answer.json, answer.text).toEqual({
    type,
    code,
    title,
    status,
    attr,
    detail: expect.stringMatching(/./) as unknown,
    request_id: answer.headers['x-request-id'],
  });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
}
