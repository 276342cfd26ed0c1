// What the bytes of two documents show to be equal without a look at what it holds: their common beginning and
// end, and containers written alike.
import { isSameBytes } from "./same-value.ts";
import type { Tape } from "./tape.ts";

/** Containers nested deeper are not compared as bytes first: at every level, that would be quadratic. */
export const BYTES_FIRST_DEPTH_MAX = 8;

/** Ends that differ soon, as they mostly do, cost no call into native code. */
const LOOP_BYTES = 32;
/** How much further each call looks than the one before. */
const GROWTH = 4;

/** How many bytes, at most `most`, are the same: `isSame` says it of a range of bytes, counted from the common end. */
function commonLength(same: number, most: number, isSame: (from: number, until: number) => boolean): number {
  if (same < Math.min(LOOP_BYTES, most)) return same;
  let low = same;
  let high = most;
  for (let chunk = LOOP_BYTES * GROWTH; low < most; chunk *= GROWTH) {
    high = Math.min(low + chunk, most);
    if (!isSame(low, high)) break;
    low = high;
  }
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (isSame(low, middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function commonEnds(a: Buffer, b: Buffer): { readonly prefix: number; readonly suffix: number } {
  const shorter = Math.min(a.length, b.length);
  let same = 0;
  while (same < LOOP_BYTES && same < shorter && a[same] === b[same]) same++;
  const prefix = commonLength(same, shorter, (from, until) => a.compare(b, from, until, from, until) === 0);
  const most = shorter - prefix;
  same = 0;
  while (same < LOOP_BYTES && same < most && a[a.length - 1 - same] === b[b.length - 1 - same]) same++;
  const suffix = commonLength(
    same,
    most,
    (from, until) => a.compare(b, b.length - until, b.length - from, a.length - until, a.length - from) === 0,
  );
  return { prefix, suffix };
}

/** As far as two keys of one object mostly differ. */
const BEGIN_BYTES = 8;

export class KnownSame {
  readonly #legacy: Tape;
  readonly #candidate: Tape;
  readonly #prefix: number;
  readonly #suffixStartL: number;
  readonly #shift: number;

  constructor(legacy: Tape, candidate: Tape) {
    this.#legacy = legacy;
    this.#candidate = candidate;
    const { prefix, suffix } = commonEnds(legacy.bytes, candidate.bytes);
    this.#prefix = prefix;
    this.#suffixStartL = legacy.bytes.length - suffix;
    this.#shift = candidate.bytes.length - legacy.bytes.length;
  }

  /** Whether two values are known to be equal; `depth` is how deep they are nested. */
  has(nodeL: number, nodeC: number, depth: number): boolean {
    const startL = this.#legacy.start(nodeL);
    const offset = this.#candidate.start(nodeC) - startL;
    if (offset === 0 && this.#legacy.end(nodeL) <= this.#prefix && this.#candidate.end(nodeC) <= this.#prefix)
      return true;
    if (offset === this.#shift && startL >= this.#suffixStartL) return true;
    return (
      depth < BYTES_FIRST_DEPTH_MAX &&
      this.#beginAlike(nodeL, nodeC) &&
      isSameBytes(this.#legacy, nodeL, this.#candidate, nodeC)
    );
  }

  /** What has its members in another order mostly tells so at once: a call into native code costs more. */
  #beginAlike(nodeL: number, nodeC: number): boolean {
    const { bytes: a } = this.#legacy;
    const { bytes: b } = this.#candidate;
    const startL = this.#legacy.start(nodeL);
    const startC = this.#candidate.start(nodeC);
    const length = Math.min(
      BEGIN_BYTES,
      this.#legacy.end(nodeL) - startL,
      this.#candidate.end(nodeC) - startC,
    );
    for (let at = 1; at < length; at++) if (a[startL + at] !== b[startC + at]) return false;
    return true;
  }
}
