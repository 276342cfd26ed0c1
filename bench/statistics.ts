// The sums behind the tables: medians, percentiles, ratios. Pure.

/** The middle value, or the mean of the two middle ones; undefined without any. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return undefined;
  const lower = sorted.length % 2 === 0 ? sorted[middle - 1] : upper;
  return (upper + (lower ?? upper)) / 2;
}

/** Nearest rank: the smallest value that at least `share` (0..1) of all do not exceed. `sorted` ascends. */
export function percentile(sorted: ArrayLike<number>, share: number): number | undefined {
  if (sorted.length === 0) return undefined;
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[Math.min(rank, sorted.length) - 1];
}

/** How many times `base` `value` is; undefined where one is missing or the base is 0. */
export function ratio(value: number | undefined, base: number | undefined): number | undefined {
  return value === undefined || base === undefined || base === 0 ? undefined : value / base;
}

/**
 * Half the distance between the quartiles over the median: what share of a ratio may be chance.
 * Undefined below three values, which say nothing about chance.
 */
export function spread(values: readonly number[]): number | undefined {
  if (values.length < 3) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const low = percentile(sorted, 0.25);
  const high = percentile(sorted, 0.75);
  const middle = median(values);
  return low === undefined || high === undefined || middle === undefined || middle === 0
    ? undefined
    : (high - low) / 2 / middle;
}
