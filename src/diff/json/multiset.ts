// Elements of two arrays matched whatever their order: a hash proposes, the compare under the rules confirms.
// Greedy, in the order of the legacy: a closeness that does not carry over from pair to pair (`tolerance`) may find
// fewer pairs than there are.

/** Elements left over on either side that are tried against each other: that many squared. */
const LEFTOVERS_TRIED_MAX = 64;

export interface MatchHow {
  readonly legacy: Float64Array;
  readonly candidate: Float64Array;
  /** Confirms a pair, by index. */
  isSame(legacy: number, candidate: number): boolean;
  /** No more may be tried. */
  isSpent(): boolean;
  /** Elements may be equal under the rules that hash differently: what is left over is tried, too. */
  readonly isLoose: boolean;
}

export interface Matching {
  /** For each legacy element, its partner or -1. */
  readonly partner: Int32Array;
  readonly isTaken: Uint8Array;
}

const NONE = -1;

function matchBuckets(how: MatchHow, partner: Int32Array, isTaken: Uint8Array): void {
  const { legacy, candidate } = how;
  const heads = new Map<number, number>();
  const next = new Int32Array(candidate.length).fill(NONE);
  for (let index = candidate.length - 1; index >= 0; index--) {
    const hash = candidate[index] as number;
    next[index] = heads.get(hash) ?? NONE;
    heads.set(hash, index);
  }
  for (let index = 0; index < legacy.length && !how.isSpent(); index++) {
    const hash = legacy[index] as number;
    let before = NONE;
    for (let other = heads.get(hash) ?? NONE; other !== NONE; other = next[other] as number) {
      if (how.isSame(index, other)) {
        partner[index] = other;
        isTaken[other] = 1;
        const after = next[other] as number;
        if (before === NONE) heads.set(hash, after);
        else next[before] = after;
        break;
      }
      if (how.isSpent()) return;
      before = other;
    }
  }
}

function matchLeftovers(how: MatchHow, partner: Int32Array, isTaken: Uint8Array): void {
  const ofLegacy: number[] = [];
  const ofCandidate: number[] = [];
  for (const [index, other] of partner.entries()) if (other === NONE) ofLegacy.push(index);
  for (const [index, taken] of isTaken.entries()) if (taken === 0) ofCandidate.push(index);
  for (const index of ofLegacy.slice(0, LEFTOVERS_TRIED_MAX)) {
    for (const other of ofCandidate.slice(0, LEFTOVERS_TRIED_MAX)) {
      if (how.isSpent()) return;
      if (isTaken[other] === 1 || how.legacy[index] === how.candidate[other]) continue;
      if (!how.isSame(index, other)) continue;
      partner[index] = other;
      isTaken[other] = 1;
      break;
    }
  }
}

export function matchElements(how: MatchHow): Matching {
  const partner = new Int32Array(how.legacy.length).fill(NONE);
  const isTaken = new Uint8Array(how.candidate.length);
  matchBuckets(how, partner, isTaken);
  if (how.isLoose && !how.isSpent()) matchLeftovers(how, partner, isTaken);
  return { partner, isTaken };
}

/** Whether two lists hold the same hashes equally often. */
export function hasSameHashes(legacy: Float64Array, candidate: Float64Array): boolean {
  if (legacy.length !== candidate.length) return false;
  const counts = new Map<number, number>();
  for (const hash of legacy) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  for (const hash of candidate) {
    const left = counts.get(hash) ?? 0;
    if (left === 0) return false;
    counts.set(hash, left - 1);
  }
  return true;
}
