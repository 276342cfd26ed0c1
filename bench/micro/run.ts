// node bench/micro/run.ts [NAME]: every pair, or those whose name contains NAME. To add one: a file beside
// core/latency-buckets.ts in the folder of its area, and a line in PAIRS.
import { latencyBuckets } from "./core/latency-buckets.ts";
import { measurePair, type Pair } from "./pair.ts";

const PAIRS: readonly Pair[] = [latencyBuckets];

const wanted = process.argv[2] ?? "";
const chosen = PAIRS.filter((pair) => pair.name.includes(wanted));
if (chosen.length === 0) {
  process.stderr.write(
    `bench: no pair is called "${wanted}"; there are: ${PAIRS.map((p) => p.name).join(", ")}\n`,
  );
  process.exitCode = 2;
}
for (const pair of chosen) {
  const { baseNanoseconds, otherNanoseconds, ratio } = measurePair(pair);
  process.stdout.write(
    `${pair.name}: ${pair.base.name} ${baseNanoseconds.toFixed(1)} ns, ${pair.other.name} ${otherNanoseconds.toFixed(1)} ns, ratio ${ratio?.toFixed(2) ?? "-"}\n`,
  );
}
