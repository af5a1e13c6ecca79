import type { Message } from '../wire/message.ts';
import { notFound } from '../wire/errors.ts';
import type { Target } from '../wire/target.ts';

/**
 * Chooses JSON or CSV: suffix, then `?format=`, then `Accept`, JSON otherwise. An unknown format is a 404, and it is
 * one before anybody asks for a key (PostHog contract §2).
 */
export function wantsCsv(message: Message, target: Target, suffix: string | undefined): boolean {
  const format = suffix ?? target.query.get('format');
  if (format !== undefined && format !== 'json' && format !== 'csv') throw notFound();
  if (format !== undefined) return format === 'csv';
  return /\btext\/csv\b/.test(message.headers['accept'] ?? '');
}
