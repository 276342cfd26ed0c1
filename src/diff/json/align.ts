// Two arrays of different lengths, aligned so that one insertion is one difference: the longest common
// subsequence by Myers' greedy algorithm, over hashes, with bounds on work and memory.

export interface AlignBounds {
  /** Edits that are searched for between the common ends; the trace takes as many integers squared. */
  readonly editsMax: number;
  /** Steps along diagonals: arrays that repeat themselves could take edits × length of them. */
  readonly stepsMax: number;
}

/** 4 MiB of trace and some 10 ms. */
const BOUNDS: AlignBounds = { editsMax: 1024, stepsMax: 4_000_000 };

/** Pairs of indices that stay together, ascending on both sides. */
export interface Alignment {
  readonly legacy: Int32Array;
  readonly candidate: Int32Array;
  /** The bound on work was reached: between the common ends, elements are paired by index. */
  readonly isByIndex: boolean;
}

interface Range {
  readonly start: number;
  readonly legacyEnd: number;
  readonly candidateEnd: number;
}

/** What is left when the common beginning and the common end are taken away. */
function trim(legacy: Float64Array, candidate: Float64Array): Range {
  let start = 0;
  const shorter = Math.min(legacy.length, candidate.length);
  while (start < shorter && legacy[start] === candidate[start]) start++;
  let legacyEnd = legacy.length;
  let candidateEnd = candidate.length;
  while (legacyEnd > start && candidateEnd > start && legacy[legacyEnd - 1] === candidate[candidateEnd - 1]) {
    legacyEnd--;
    candidateEnd--;
  }
  return { start, legacyEnd, candidateEnd };
}

/** Frontiers of the search, one per number of edits; undefined past the bounds. */
function searchFrontiers(a: Float64Array, b: Float64Array, bounds: AlignBounds): Int32Array[] | undefined {
  const trace: Int32Array[] = [];
  const editsMax = Math.min(bounds.editsMax, a.length + b.length);
  let frontier = new Int32Array(3);
  let steps = 0;
  for (let edits = 0; edits <= editsMax; edits++) {
    // frontier[k + edits + 1] is the furthest x on diagonal k; one spare cell on either side.
    const next = new Int32Array(2 * edits + 5);
    for (let k = -edits; k <= edits; k += 2) {
      const down = edits === 0 ? 0 : (frontier[k + 1 + edits] as number);
      const right = edits === 0 ? -1 : (frontier[k - 1 + edits] as number);
      const isDown = k === -edits || (k !== edits && right < down);
      let x = edits === 0 ? 0 : isDown ? down : right + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) {
        x++;
        steps++;
      }
      next[k + edits + 1] = x;
      if (x >= a.length && x - k >= b.length) {
        trace.push(next);
        return trace;
      }
    }
    steps += edits;
    if (steps > bounds.stepsMax) return undefined;
    trace.push(next);
    frontier = next;
  }
  return undefined;
}

/** Walks the frontiers back: for each element of `a`, its partner in `b` or -1. */
function backtrack(trace: readonly Int32Array[], aLength: number, bLength: number): Int32Array {
  const partner = new Int32Array(aLength).fill(-1);
  let x = aLength;
  let y = bLength;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const k = x - y;
    let fromX = 0;
    let fromY = 0;
    if (edits > 0) {
      const frontier = trace[edits - 1] as Int32Array;
      const down = k === edits ? -1 : (frontier[k + 1 + edits] as number);
      const right = k === -edits ? -1 : (frontier[k - 1 + edits] as number);
      const isDown = k === -edits || (k !== edits && right < down);
      fromX = isDown ? down : right;
      fromY = isDown ? fromX - (k + 1) : fromX - (k - 1);
    }
    const snakeX = edits === 0 ? 0 : x - Math.min(x - fromX, y - fromY);
    for (; x > snakeX && y > 0; ) {
      x--;
      y--;
      partner[x] = y;
    }
    x = fromX;
    y = fromY;
  }
  return partner;
}

/** Aligns by hash: pairs of the longest common subsequence, or by index past the bounds. */
export function alignHashes(
  legacy: Float64Array,
  candidate: Float64Array,
  bounds: AlignBounds = BOUNDS,
): Alignment {
  const { start, legacyEnd, candidateEnd } = trim(legacy, candidate);
  const a = legacy.subarray(start, legacyEnd);
  const b = candidate.subarray(start, candidateEnd);
  const trace = a.length === 0 || b.length === 0 ? undefined : searchFrontiers(a, b, bounds);
  const isByIndex = trace === undefined && a.length > 0 && b.length > 0;
  const partner = trace === undefined ? undefined : backtrack(trace, a.length, b.length);
  const legacyPairs: number[] = [];
  const candidatePairs: number[] = [];
  const pair = (l: number, c: number): void => {
    legacyPairs.push(l);
    candidatePairs.push(c);
  };
  for (let index = 0; index < start; index++) pair(index, index);
  // Elements between two pairs are matched in order: a changed element beside an inserted one reads as both.
  let nextA = 0;
  let nextB = 0;
  const pairGap = (endA: number, endB: number): void => {
    while (nextA < endA && nextB < endB) pair(start + nextA++, start + nextB++);
    nextA = endA;
    nextB = endB;
  };
  if (partner !== undefined) {
    for (let index = 0; index < a.length; index++) {
      const other = partner[index] as number;
      if (other < 0) continue;
      pairGap(index, other);
      pair(start + nextA++, start + nextB++);
    }
  }
  pairGap(a.length, b.length);
  for (let index = legacyEnd; index < legacy.length; index++) pair(index, index - legacyEnd + candidateEnd);
  return {
    legacy: Int32Array.from(legacyPairs),
    candidate: Int32Array.from(candidatePairs),
    isByIndex,
  };
}
