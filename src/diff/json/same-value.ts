// Equality of two scalars or keys of two tapes: bytes first, meaning where bytes may mislead.
import { isSameNumber } from "./number-value.ts";
import { isSameText } from "./string-value.ts";
import { NUMBER, STRING, type Tape } from "./tape.ts";

/** Below this a loop beats the call into native code. */
const LOOP_BYTES_MAX = 32;

/** Whether two nodes have the same bytes. */
export function isSameBytes(a: Tape, nodeA: number, b: Tape, nodeB: number): boolean {
  const startA = a.start(nodeA);
  const startB = b.start(nodeB);
  const length = a.end(nodeA) - startA;
  if (length !== b.end(nodeB) - startB) return false;
  if (length > LOOP_BYTES_MAX)
    return a.bytes.compare(b.bytes, startB, startB + length, startA, startA + length) === 0;
  for (let at = 0; at < length; at++) if (a.bytes[startA + at] !== b.bytes[startB + at]) return false;
  return true;
}

/** Whether two strings stand for the same code points. Without escapes, only the same bytes do. */
export function isSameString(a: Tape, nodeA: number, b: Tape, nodeB: number): boolean {
  if (isSameBytes(a, nodeA, b, nodeB)) return true;
  if (!a.hasFlag(nodeA) && !b.hasFlag(nodeB)) return false;
  return isSameText(
    { bytes: a.bytes, start: a.start(nodeA), end: a.end(nodeA) },
    { bytes: b.bytes, start: b.start(nodeB), end: b.end(nodeB) },
  );
}

/** Whether two scalars of the same kind have the same value. Plain integers have it only with the same bytes. */
export function isSameScalar(a: Tape, nodeA: number, b: Tape, nodeB: number): boolean {
  const kind = a.kind(nodeA);
  if (kind === STRING) return isSameString(a, nodeA, b, nodeB);
  if (kind !== NUMBER) return true;
  if (isSameBytes(a, nodeA, b, nodeB)) return true;
  if (!a.hasFlag(nodeA) && !b.hasFlag(nodeB)) return false;
  return isSameNumber(
    { bytes: a.bytes, start: a.start(nodeA), end: a.end(nodeA) },
    { bytes: b.bytes, start: b.start(nodeB), end: b.end(nodeB) },
  );
}
