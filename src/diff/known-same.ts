// What the bytes of two documents show to be equal without a look at what it holds: their common beginning and
// end, and containers written alike.
import { isSameBytes } from "./same-value.ts";
import type { Tape } from "./tape.ts";

/** Containers nested deeper are not compared as bytes first: at every level, that would be quadratic. */
export const BYTES_FIRST_DEPTH_MAX = 8;

function commonEnds(a: Buffer, b: Buffer): { readonly prefix: number; readonly suffix: number } {
  const shorter = Math.min(a.length, b.length);
  let low = 0;
  for (let high = shorter; low < high; ) {
    const middle = (low + high + 1) >>> 1;
    if (a.compare(b, low, middle, low, middle) === 0) low = middle;
    else high = middle - 1;
  }
  const prefix = low;
  low = 0;
  for (let high = shorter - prefix; low < high; ) {
    const middle = (low + high + 1) >>> 1;
    const isSame = a.compare(b, b.length - middle, b.length - low, a.length - middle, a.length - low) === 0;
    if (isSame) low = middle;
    else high = middle - 1;
  }
  return { prefix, suffix: low };
}

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
    return depth < BYTES_FIRST_DEPTH_MAX && isSameBytes(this.#legacy, nodeL, this.#candidate, nodeC);
  }
}
