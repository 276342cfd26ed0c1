// Content-Length (RFC 9110 §8.6): plain digits, one value, no larger than what arithmetic keeps exact.
import { NINE, ZERO } from "./bytes.ts";

/** 2^53 has 16 digits; 15 are always exact and a petabyte is enough. */
const DIGITS_MAX = 15;

export const BAD_LENGTH = -1;

/** The length in `start..end`, or BAD_LENGTH for anything but 1 to 15 digits. */
export function parseContentLength(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > DIGITS_MAX) return BAD_LENGTH;
  let length = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte < ZERO || byte > NINE) return BAD_LENGTH;
    length = length * 10 + (byte - ZERO);
  }
  return length;
}
