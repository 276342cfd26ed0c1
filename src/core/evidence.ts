// What paired counts are evidence of: is the candidate different, or does the legacy differ from itself?
// Pure arithmetic, right for any counts up to COUNT_MAX. docs/noise.md tells the formulas with an example.
import type { PairedCounts } from "./batch.ts";

/** Past it, counts stop to make the evidence stronger. */
export const COUNT_MAX = 1e9;
/** A finite number, so that evidence can be sent as JSON; far beyond any threshold. */
export const E_VALUE_MAX = 1e300;
const LOG_E_VALUE_MAX = Math.log(E_VALUE_MAX);
/**
 * Of the sum below. Its terms fall like exp(−j²/b): with b = COUNT_MAX the 270,000th is below the last bit. A sum
 * that is cut is too small, so that the evidence is understated.
 */
const TERMS_MAX = 400_000;
/** From here Stirling's series with four terms is exact to the last bits of a double. */
const STIRLING_MIN = 16;

/** ln Γ(x), x ≥ 1. Absolute error about 1e-15 of its value: 1e-5 for x = 1e9, where e-values are huge or near 0. */
function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < STIRLING_MIN) product *= shifted++;
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product)
  );
}

/** 2^(b+c+1)·∫½..1 tᵇ(1−t)ᶜ dt for b ≤ c + 1, where it is a falling sum: (1 + b/(c+2) + b(b−1)/(c+2)(c+3) + …)/(c+1). */
function lowerSum(b: number, c: number): number {
  let term = 1;
  let sum = 1;
  for (let j = 0; j < b && j < TERMS_MAX && term > sum * Number.EPSILON; j++) {
    term *= (b - j) / (c + 2 + j);
    sum += term;
  }
  return sum / (c + 1);
}

/**
 * How much more likely the discordant pairs are when the candidate differs more often than the legacy differs from
 * itself (every share between ½ and 1 alike) than when both do so equally often:
 * E = 2^(b+c+1)·∫½..1 tᵇ(1−t)ᶜ dt. Above 0, at most E_VALUE_MAX. Where the two are alike, the chance that E ever
 * reaches x is at most 1/x, however often one looks (Ville's inequality).
 */
export function eValueOf(counts: Pick<PairedCounts, "candidateOnly" | "baselineOnly">): number {
  const b = Math.min(counts.candidateOnly, COUNT_MAX);
  const c = Math.min(counts.baselineOnly, COUNT_MAX);
  if (b <= c + 1) return lowerSum(b, c);
  // The integral over 0..1 less the one over 0..½, which is the same with b and c changed over, and the smaller.
  const logWhole = (b + c + 1) * Math.LN2 + logGamma(b + 1) + logGamma(c + 1) - logGamma(b + c + 2);
  if (logWhole >= LOG_E_VALUE_MAX) return E_VALUE_MAX;
  return Math.exp(logWhole) - lowerSum(c, b);
}

/** Two-sided 95 % of the normal distribution. */
export const Z_95 = 1.959964;

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Wilson score interval of a rate: right for few trials and for rates near 0 and 1. Of nothing: 0 to 1. */
export function wilsonBounds(hits: number, of: number, z: number = Z_95): Bounds {
  if (of === 0) return { low: 0, high: 1 };
  const rate = hits / of;
  const denominator = 1 + z ** 2 / of;
  const centre = rate + z ** 2 / (2 * of);
  const margin = z * Math.sqrt((rate * (1 - rate)) / of + z ** 2 / (4 * of ** 2));
  return {
    low: Math.max(0, (centre - margin) / denominator),
    high: Math.min(1, (centre + margin) / denominator),
  };
}

export const TIERS = ["confirmed", "suspect", "noise", "transient"] as const;
export type Tier = (typeof TIERS)[number];

export interface EvidenceCounts extends PairedCounts {
  /** Differences that were read again shortly after, and how many of these were gone then. */
  readonly rechecked?: number | undefined;
  readonly transient?: number | undefined;
}

/** Where candidate and legacy are alike, at most one place in a hundred is ever confirmed. */
export const CONFIRMED_E = 100;
/** Below it the discordant pairs do not lean to the candidate. 3 : 0 and 6 : 1 reach it, 2 : 0 and 5 : 1 do not. */
export const EXCESS_E = 3;
/** Pairs in which the legacy differed from itself, before that is called its habit and not an accident. */
export const NOISE_PAIRS_MIN = 3;
/** Fewer rechecks say nothing, whatever they found. */
export const RECHECKED_MIN = 5;

/**
 * - `confirmed`: E ≥ CONFIRMED_E. Nothing else outranks it: a candidate that fails now and then differs less when
 *   it is read again, too.
 * - `noise`: the legacy differed from itself in NOISE_PAIRS_MIN pairs or more, at least as often as the candidate
 *   alone differed, and E < EXCESS_E.
 * - `transient`: RECHECKED_MIN differences or more were read again, and most were gone (lower Wilson bound over ½).
 * - `suspect`: all else; above all where nothing was paired.
 */
export function tierOf(counts: EvidenceCounts): Tier {
  const eValue = eValueOf(counts);
  if (eValue >= CONFIRMED_E) return "confirmed";
  const legacyDiffers = counts.baselineOnly + counts.both;
  if (legacyDiffers >= NOISE_PAIRS_MIN && counts.candidateOnly <= legacyDiffers && eValue < EXCESS_E)
    return "noise";
  const { rechecked = 0, transient = 0 } = counts;
  if (rechecked >= RECHECKED_MIN && wilsonBounds(transient, rechecked).low > 0.5) return "transient";
  return "suspect";
}
