// node bench/micro/run.ts [NAME] [--rounds N]: every pair, or those whose name contains NAME, as a table. To add
// one: a file beside core/latency-buckets.ts in the folder of its area, and a line in PAIRS.
import { parseArgs } from "node:util";
import { latencyBuckets } from "./core/latency-buckets.ts";
import { judgePairs } from "./diff/judge.ts";
import { measurePair, type Pair, ROUNDS, renderResult, TABLE_HEAD } from "./pair.ts";

const PAIRS: readonly Pair[] = [latencyBuckets, ...judgePairs];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: String(ROUNDS) } },
});
const wanted = positionals[0] ?? "";
const rounds = Number(values.rounds);
const chosen = PAIRS.filter((pair) => pair.name.includes(wanted));
if (chosen.length === 0 || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(
    `bench: no pair is called "${wanted}", or --rounds is no count; there are: ${PAIRS.map((p) => p.name).join("; ")}\n`,
  );
  process.exitCode = 2;
} else {
  process.stdout.write(`${TABLE_HEAD}\n`);
  for (const pair of chosen) process.stdout.write(`${renderResult(pair, measurePair(pair, rounds))}\n`);
}
