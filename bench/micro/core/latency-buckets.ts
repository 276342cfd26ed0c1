// Which bucket a latency falls into: the logarithm that src/core uses against a search over the bounds.
import { LATENCY_BUCKETS, latencyBucket, latencyBucketUpperMs } from "../../../src/core/latency-buckets.ts";
import type { Pair } from "../pair.ts";

const BOUNDS = Float64Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => latencyBucketUpperMs(bucket));
const LATENCIES = Float64Array.from({ length: 1024 }, (_, index) => 0.05 * 1.0137 ** index);

function searchBucket(latencyMs: number): number {
  let low = 0;
  let high = LATENCY_BUCKETS - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((BOUNDS[middle] as number) < latencyMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sumOf(bucketOf: (latencyMs: number) => number): (times: number) => number {
  return (times) => {
    let sum = 0;
    for (let i = 0; i < times; i++) sum += bucketOf(LATENCIES[i & 1023] as number);
    return sum;
  };
}

export const latencyBuckets: Pair = {
  name: "core/latency-buckets",
  base: { name: "logarithm", run: sumOf(latencyBucket) },
  other: { name: "binary search", run: sumOf(searchBucket) },
};
