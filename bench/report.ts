// The results as Markdown, and their place in bench/README.md. Pure.
import type { Machine } from "./machine.ts";
import type { Row } from "./rounds.ts";
import type { GoalResult, ScenarioResult } from "./scenarios/scenario.ts";

export const MARK_BEGIN = "<!-- bench:begin -->";
export const MARK_END = "<!-- bench:end -->";

export interface BenchResults {
  readonly date: string;
  readonly machine: Machine;
  readonly upstream: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly scenarios: readonly ScenarioResult[];
}

const cell = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? "-";

function goalLine({ goal, atMost, ratio, detail }: GoalResult): string {
  const isMet = ratio === undefined ? "not measured" : ratio <= atMost ? "yes" : "no";
  return `| ${goal} | ≤ ${atMost}× | ${ratio === undefined ? "-" : `${ratio.toFixed(2)}×`} | ${isMet} | ${detail.replaceAll("|", "\\|")} |`;
}

function rowLine(row: Row): string {
  const cells = [
    cell(row.cpuMicrosPerRequest, 1) +
      (row.cpuSpread === undefined ? "" : ` ± ${(row.cpuSpread * 100).toFixed(0)} %`),
    row.requestsPerSecond === undefined ? "-" : String(Math.round(row.requestsPerSecond)),
    cell(row.p50Ms, 2),
    cell(row.p99Ms, 2),
    String(row.rounds),
  ];
  return `| ${row.contestant} | ${cells.join(" | ")} |`;
}

function scenarioText(result: ScenarioResult): string {
  const lines = [`### ${result.title}`, ""];
  if (result.rows.length > 0)
    lines.push(
      "| contestant | CPU µs per request | requests/s | p50 ms | p99 ms | rounds |",
      "|---|---|---|---|---|---|",
      ...result.rows.map(rowLine),
      "",
    );
  const remarks = [
    ...result.failures.map((failure) => `${failure.contestant}: ${failure.reason}`),
    ...result.notes,
  ];
  lines.push(...remarks.map((remark) => `- ${remark}`));
  return lines.join("\n").trimEnd();
}

/** The whole report; headings begin at level 3. */
export function renderMarkdown(results: BenchResults): string {
  const { machine } = results;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const goals = results.scenarios.flatMap((scenario) => scenario.goals);
  return [
    `${results.date}, commit ${machine.commit}. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB, ${machine.platform}; ${versions.join(", ")}. Upstream: ${results.upstream}. ${
      machine.isPinned
        ? "The proxy on one core, load and upstreams on another."
        : "NOT pinned to cores (taskset is missing, or there is one core)."
    }`,
    "",
    "| what | goal | measured | met | of what |",
    "|---|---|---|---|---|",
    ...goals.map(goalLine),
    "",
    results.scenarios.map(scenarioText).join("\n\n"),
    "",
  ].join("\n");
}

/** `readme` with the text between the markers replaced; undefined where they are missing. */
export function placeBetweenMarks(
  readme: string,
  text: string,
  marks = { begin: MARK_BEGIN, end: MARK_END },
): string | undefined {
  const begin = readme.indexOf(marks.begin);
  const end = readme.indexOf(marks.end, begin);
  if (begin === -1 || end === -1) return undefined;
  return `${readme.slice(0, begin + marks.begin.length)}\n${text}\n${readme.slice(end)}`;
}
