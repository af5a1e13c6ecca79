/**
 * An entry's number is the microsecond it was intended at, made unique. One integer key is thereby identity, order and
 * time at once, so the log needs no index: one row written per intent instead of three. The public id carries the
 * number in front of random bytes: it leads straight to the row, and cannot be guessed.
 */
import { newDeletionId, type DeletionId, type Random } from '../../core/ids.ts';

/** 56 bits: microseconds since 1970 need 51 until the year 2041, and stay exact as a double until 2255. */
const NUMBER_BYTES = 7;
const MICROS_PER_MS = 1000;

/**
 * The number of the next entry. Grows even where the clock went back: an entry then carries the time of its
 * predecessor, later than the truth, which can only make a budget last longer than a day.
 */
export const nextNumber = (newest: number | null, nowMs: number): number =>
  Math.max(firstNumberAt(nowMs), (newest ?? 0) + 1);

/** The lowest number an entry of that millisecond can have. */
export const firstNumberAt = (ms: number): number => ms * MICROS_PER_MS;

/** When an entry was intended, in milliseconds since 1970. */
export const instantOf = (number: number): number => Math.floor(number / MICROS_PER_MS);

/** The public id of an entry: its number, then nine random bytes. */
export const deletionIdOf = (number: number, random: Random): DeletionId =>
  newDeletionId((bytes) => {
    const id = random(bytes);
    let rest = number;
    for (let place = NUMBER_BYTES - 1; place >= 0; place -= 1) {
      id[place] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    return id;
  });

/** The number an id carries. An id that was never given out has one too: compare the whole id with the row's. */
export function numberOf(id: DeletionId): number {
  const bytes = Uint8Array.fromBase64(id.slice(id.indexOf('_') + 1), { alphabet: 'base64url' });
  return bytes.subarray(0, NUMBER_BYTES).reduce((number, byte) => number * 256 + byte, 0);
}
