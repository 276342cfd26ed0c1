// npm run bench: every scenario against its peers in one run, as JSON and as a table.
// node bench/bench.ts [--only NAME] [--rounds N] [--seconds N] [--rate N] [--quick]
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { endEverything, isPinned } from "./processes.ts";
import { placeBetweenMarks, renderMarkdown } from "./report.ts";
import { faults } from "./scenarios/faults.ts";
import { memory } from "./scenarios/memory.ts";
import { mirrored } from "./scenarios/mirrored.ts";
import { passThrough } from "./scenarios/pass-through.ts";
import { routes } from "./scenarios/routes.ts";
import type { BenchSettings, ScenarioResult } from "./scenarios/scenario.ts";
import { startUpstreams } from "./upstreams/healthy.ts";

const SCENARIOS = [passThrough, mirrored, faults, memory, routes] as const;
const README = join(import.meta.dirname, "README.md");
const RESULTS = join(import.meta.dirname, "results");
const USAGE = `usage: npm run bench -- [--only ${SCENARIOS.map((s) => s.name).join("|")}] [--rounds N] [--seconds N] [--rate N] [--quick]`;

const FULL = { rounds: 5, seconds: 6, warmupSeconds: 3, memoryExchanges: [20_000, 200_000] } as const;
/** Under a minute: shows that everything runs; its numbers mean little. */
const QUICK = { rounds: 1, seconds: 1, warmupSeconds: 0.5, memoryExchanges: [2_000, 6_000] } as const;
/** Below what the slowest contestant (http-proxy, some 80 µs a request) can do on one core. */
const RATE_PER_SECOND = 6_000;

function usageError(what: string): never {
  process.stderr.write(`bench: ${what}\n${USAGE}\n`);
  process.exit(2);
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        only: { type: "string" },
        rounds: { type: "string" },
        seconds: { type: "string" },
        rate: { type: "string" },
        quick: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return usageError(error instanceof Error ? error.message : String(error));
  }
}

function numberFlag(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  return Number.isFinite(value) && value > 0
    ? value
    : usageError(`--${name} must be a number above 0, found "${text}"`);
}

/** Resolves with the exit code: 3 when a contestant that could have taken part did not. */
async function main(): Promise<0 | 3> {
  const flags = readFlags();
  const chosen = SCENARIOS.filter((scenario) => flags.only === undefined || scenario.name === flags.only);
  if (chosen.length === 0) usageError(`no scenario is called "${flags.only}"`);
  const base = flags.quick ? QUICK : FULL;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const settings = {
    ...base,
    rounds: Math.round(numberFlag("rounds", flags.rounds, base.rounds)),
    seconds: numberFlag("seconds", flags.seconds, base.seconds),
    ratePerSecond: numberFlag("rate", flags.rate, RATE_PER_SECOND),
  };
  const machine = describeMachine();
  if (!isPinned)
    say("Not pinned: taskset is missing, or there is one core; load and proxy share what there is.");
  if (process.platform !== "linux") say("CPU and memory are only read on Linux: they are left out here.");

  const upstreams = await startUpstreams();
  say(
    `Upstream: ${upstreams.kind}. ${settings.rounds} rounds of ${settings.seconds} s, ${settings.ratePerSecond}/s where the rate is fixed.`,
  );
  const all: BenchSettings = { ...settings, upstreams, say };
  const scenarios: ScenarioResult[] = [];
  for (const scenario of chosen) {
    say(`\n${scenario.name}: ${scenario.title}`);
    scenarios.push({ scenario: scenario.name, title: scenario.title, ...(await scenario.run(all)) });
  }
  await upstreams.started.stop();

  const date = new Date().toISOString();
  const results = { date, machine, upstream: upstreams.kind, settings, scenarios };
  const text = renderMarkdown(results);
  say(`\n${text}`);
  // Part of a run, or a quick one, is nobody's reference: kept out of the README and out of git.
  const isWhole = !flags.quick && flags.only === undefined;
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${date.slice(0, 10)}-${machine.commit}${isWhole ? "" : ".local"}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  say(`Raw results: ${file}`);
  const hasFailed = scenarios.some(({ failures }) => failures.some(({ kind }) => kind !== "left-out"));
  if (!isWhole) return hasFailed ? 3 : 0;
  const readme = placeBetweenMarks(readFileSync(README, "utf8"), text);
  if (readme === undefined) throw new Error(`${README} has lost its markers`);
  writeFileSync(README, readme);
  return hasFailed ? 3 : 0;
}

process.on("exit", endEverything);
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));
try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(3);
}
