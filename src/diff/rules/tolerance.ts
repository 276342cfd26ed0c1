// Numbers that are close enough: exact decimal arithmetic, boundary included.
import { compareDecimals, distance, type ExactDecimal, magnitudeProduct, parseDecimal } from "./decimal.ts";

export interface Tolerance {
  readonly abs: ExactDecimal | undefined;
  /** Of the legacy's magnitude. */
  readonly rel: ExactDecimal | undefined;
}

/** A text that is no decimal is as if it were not given: config refuses those. */
export function compileTolerance(given: {
  readonly abs?: string | undefined;
  readonly rel?: string | undefined;
}): Tolerance {
  const read = (text: string | undefined) => (text === undefined ? undefined : parseDecimal(text));
  return { abs: read(given.abs), rel: read(given.rel) };
}

/** Whether two JSON numbers are within `abs` or within `rel`. Numbers past the bounds of exactness are not. */
export function isWithin(tolerance: Tolerance, legacyText: string, candidateText: string): boolean {
  const legacy = parseDecimal(legacyText);
  const candidate = parseDecimal(candidateText);
  if (legacy === undefined || candidate === undefined) return false;
  const apart = distance(legacy, candidate);
  const { abs, rel } = tolerance;
  if (abs !== undefined && compareDecimals(apart, abs) <= 0) return true;
  return rel !== undefined && compareDecimals(apart, magnitudeProduct(rel, legacy)) <= 0;
}
