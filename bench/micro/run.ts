// node bench/micro/run.ts [NAME] [--rounds N] [--save]: every pair, or those whose name contains NAME, as a table;
// --save writes it into bench/README.md, too. To add one: a file beside core/latency-buckets.ts in the folder of its
// area, and a line in PAIRS.
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { describeMachine } from "../machine.ts";
import { placeBetweenMarks } from "../report.ts";
import { latencyBuckets } from "./core/latency-buckets.ts";
import { judgePairs } from "./diff/judge.ts";
import { measurePair, type Pair, ROUNDS, renderResult, TABLE_HEAD } from "./pair.ts";
import { decidePairs } from "./rollout/decide.ts";
import { judgementStep } from "./shadow/judgement.ts";
import { rolloutTally } from "./shadow/rollout-tally.ts";

const PAIRS: readonly Pair[] = [latencyBuckets, ...decidePairs, judgementStep, rolloutTally, ...judgePairs];

const README = new URL("../README.md", import.meta.url);
const MARKS = { begin: "<!-- micro:begin -->", end: "<!-- micro:end -->" };

function save(rows: readonly string[], rounds: number): boolean {
  const { cpu, cores, platform, versions, commit } = describeMachine();
  const load = loadavg().map((average) => average.toFixed(1));
  const about =
    `${new Date().toISOString()}, commit ${commit}. ${cpu}, ${cores} cores, ${platform}; node ${versions["node"]}. ` +
    `${rounds} rounds; load of the machine at the end ${load.join(" ")}.`;
  const text = placeBetweenMarks(
    readFileSync(README, "utf8"),
    [about, "", TABLE_HEAD, ...rows, ""].join("\n"),
    MARKS,
  );
  if (text !== undefined) writeFileSync(README, text);
  return text !== undefined;
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: String(ROUNDS) }, save: { type: "boolean", default: false } },
});
const wanted = positionals[0] ?? "";
const rounds = Number(values.rounds);
const chosen = PAIRS.filter((pair) => pair.name.includes(wanted));
if (chosen.length === 0 || !Number.isInteger(rounds) || rounds < 1 || (values.save && wanted !== "")) {
  process.stderr.write(
    `bench: no pair is called "${wanted}", --rounds is no count, or --save was asked of some pairs alone; ` +
      `there are: ${PAIRS.map((p) => p.name).join("; ")}\n`,
  );
  process.exitCode = 2;
} else {
  process.stdout.write(`${TABLE_HEAD}\n`);
  const rows: string[] = [];
  for (const pair of chosen) {
    const row = renderResult(pair, measurePair(pair, rounds));
    rows.push(row);
    process.stdout.write(`${row}\n`);
  }
  if (values.save && !save(rows, rounds)) {
    process.stderr.write("bench: bench/README.md has lost the marks of the table\n");
    process.exitCode = 1;
  }
}
