// How many bytes two texts have in common from two places on. A run of `n` costs in the order of `n`, and a short
// one no call into native code.
import type { JsonText } from "./scan.ts";

/** Up to here a loop over words is as fast as the call. */
const LOOP_BYTES = 256;
/** How much further each call looks than the one before. */
const GROWTH = 4;

interface Run {
  readonly a: JsonText;
  readonly startA: number;
  readonly b: JsonText;
  readonly startB: number;
}

/** The first of `from`…`until` that differs, or `until`. */
function loopRun({ a, startA, b, startB }: Run, from: number, until: number): number {
  let same = from;
  while (same + 4 <= until && a.view.getInt32(startA + same, true) === b.view.getInt32(startB + same, true))
    same += 4;
  while (same < until && a.bytes[startA + same] === b.bytes[startB + same]) same++;
  return same;
}

function isSameWithin({ a, startA, b, startB }: Run, from: number, until: number): boolean {
  return a.bytes.compare(b.bytes, startB + from, startB + until, startA + from, startA + until) === 0;
}

/** The length of the common run from `startA` and `startB`. */
export function commonRun(a: JsonText, startA: number, b: JsonText, startB: number): number {
  const most = Math.min(a.bytes.length - startA, b.bytes.length - startB);
  const looped = Math.min(most, LOOP_BYTES);
  let same = 0;
  while (same + 4 <= looped && a.view.getInt32(startA + same, true) === b.view.getInt32(startB + same, true))
    same += 4;
  while (same < looped && a.bytes[startA + same] === b.bytes[startB + same]) same++;
  return same < looped || same === most ? same : runOn({ a, startA, b, startB }, same, most);
}

/** As commonRun, of which the first `from` bytes are known; `most` is where a text ends. */
function runOn(run: Run, from: number, most: number): number {
  let same = from;
  let other = most;
  for (let chunk = LOOP_BYTES * GROWTH; same < most; chunk *= GROWTH) {
    other = Math.min(same + chunk, most);
    if (!isSameWithin(run, same, other)) break;
    same = other;
  }
  // It ends from `same` on and before `other`, unless they are one.
  while (other - same > LOOP_BYTES) {
    const middle = (same + other) >>> 1;
    if (isSameWithin(run, same, middle)) same = middle;
    else other = middle;
  }
  return loopRun(run, same, other);
}
