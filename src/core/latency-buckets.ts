// Logarithmic latency buckets: 160 of them cover 0.05 ms to about 120 s, each at most 10 % wide.
// Counts add up across threads and days, which percentiles do not.

const LOWEST_MS = 0.05;
const GROWTH = 1.0965;
const LOG_GROWTH = Math.log(GROWTH);
export const LATENCY_BUCKETS = 160;

/** The bucket of a latency in milliseconds; what lies outside goes to the first or last one. */
export function latencyBucket(latencyMs: number): number {
  if (!(latencyMs > LOWEST_MS)) return 0;
  return Math.min(LATENCY_BUCKETS - 1, Math.ceil(Math.log(latencyMs / LOWEST_MS) / LOG_GROWTH));
}

/** The upper bound of a bucket, in milliseconds. */
export function latencyBucketUpperMs(bucket: number): number {
  return LOWEST_MS * GROWTH ** bucket;
}

/** The `quantile` (0..1) of sparse counts `bucket → count`, in milliseconds; undefined without any. */
export function latencyQuantileMs(counts: ReadonlyMap<number, number>, quantile: number): number | undefined {
  let total = 0;
  for (const count of counts.values()) total += count;
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(quantile * total));
  let seen = 0;
  for (const bucket of [...counts.keys()].sort((a, b) => a - b)) {
    seen += counts.get(bucket) ?? 0;
    if (seen >= rank) return latencyBucketUpperMs(bucket);
  }
  return undefined;
}
