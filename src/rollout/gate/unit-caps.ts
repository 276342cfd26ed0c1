// Keeps one noisy unit, or one client that tries again and again, from deciding alone: of each unit only the first
// few failures count towards a rollback. For a certificate all of them count.
import type { UnitFailures } from "../../core/batch.ts";

/** Failures of one kind and one unit that count towards a rollback within a step. Three units or more must fail. */
export const UNIT_FAILURES_MAX = 5;
/** Units whose failures are counted; those of further ones count in full: so many fail that none decides alone. */
export const UNITS_CAPPED_MAX = 2_048;

/** unit, mismatches, failures of one service alone: as many as counted. */
export type UnitTally = readonly [unit: number, mismatch: number, oneSided: number];

export class UnitCaps {
  readonly #units: Map<number, [mismatch: number, oneSided: number]>;

  constructor(tallies: readonly UnitTally[] = []) {
    this.#units = new Map(tallies.map(([unit, mismatch, oneSided]) => [unit, [mismatch, oneSided]]));
  }

  /** What of a unit's failures is beyond its cap, and counts towards no rollback. */
  excessOf(failures: UnitFailures): Omit<UnitFailures, "unit"> {
    const none = { mismatch: 0, candidateFailed: 0, legacyFailed: 0 };
    let tally = this.#units.get(failures.unit);
    if (tally === undefined) {
      if (this.#units.size >= UNITS_CAPPED_MAX) return none;
      tally = [0, 0];
      this.#units.set(failures.unit, tally);
    }
    const mismatch = Math.min(failures.mismatch, UNIT_FAILURES_MAX - tally[0]);
    const oneSided = failures.candidateFailed + failures.legacyFailed;
    const counted = Math.min(oneSided, UNIT_FAILURES_MAX - tally[1]);
    tally[0] += mismatch;
    tally[1] += counted;
    // Which of them came first is not known: they count in proportion, rounded against the candidate's guilt.
    const ofCandidate = oneSided === 0 ? 0 : Math.floor((counted * failures.candidateFailed) / oneSided);
    return {
      mismatch: failures.mismatch - mismatch,
      candidateFailed: failures.candidateFailed - ofCandidate,
      legacyFailed: failures.legacyFailed - (counted - ofCandidate),
    };
  }

  toJSON(): UnitTally[] {
    return [...this.#units].map(([unit, [mismatch, oneSided]]) => [unit, mismatch, oneSided]);
  }
}
