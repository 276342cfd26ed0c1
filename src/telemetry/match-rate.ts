// How many of the compared exchanges matched, and how sure that is.

export interface MatchRate {
  /** Exchanges with a verdict of match or mismatch. */
  readonly compared: number;
  /** 0..1; undefined where nothing was compared. */
  readonly rate: number | undefined;
  /** Wilson score interval, 95 %: also right for few exchanges and for rates near 1. */
  readonly low: number;
  readonly high: number;
}

const Z = 1.959964; // two-sided 95 %

/** `matches` and `mismatches` are counts, at least 0. Nothing compared: everything between 0 and 1 is possible. */
export function matchRateOf(matches: number, mismatches: number): MatchRate {
  const compared = matches + mismatches;
  if (compared === 0) return { compared, rate: undefined, low: 0, high: 1 };
  const rate = matches / compared;
  const denominator = 1 + Z ** 2 / compared;
  const centre = rate + Z ** 2 / (2 * compared);
  const margin = Z * Math.sqrt((rate * (1 - rate)) / compared + Z ** 2 / (4 * compared ** 2));
  return {
    compared,
    rate,
    low: Math.max(0, (centre - margin) / denominator),
    high: Math.min(1, (centre + margin) / denominator),
  };
}
