// How many of the compared exchanges matched, and how sure that is.
import { wilsonBounds } from "../core/evidence.ts";

export interface MatchRate {
  /** Exchanges with a verdict of match or mismatch. */
  readonly compared: number;
  /** 0..1; undefined where nothing was compared. */
  readonly rate: number | undefined;
  /** Wilson score interval, 95 %: also right for few exchanges and for rates near 1. */
  readonly low: number;
  readonly high: number;
}

/** `matches` and `mismatches` are counts, at least 0. Nothing compared: everything between 0 and 1 is possible. */
export function matchRateOf(matches: number, mismatches: number): MatchRate {
  const compared = matches + mismatches;
  const rate = compared === 0 ? undefined : matches / compared;
  return { compared, rate, ...wilsonBounds(matches, compared) };
}
