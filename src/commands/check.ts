// `parallax check FILE`: every problem of a config file at once, or what it amounts to. Binds and starts nothing.
import { type Config, loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { buildSnapshot, RouteSlots } from "../config/snapshot.ts";
import { assertNever } from "../core/assert.ts";
import { OTHER } from "../core/other.ts";
import type { NoiseSettings, RouteSettings, Snapshot, UpstreamSettings } from "../core/snapshot.ts";
import { rolloutLines } from "./check-rollouts.ts";

/** Routes that the summary lists; the rest are a number. */
const ROUTES_SHOWN_MAX = 50;

function upstreamText({ name, host, port, tls }: UpstreamSettings): string {
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return `${name.padEnd(9)} ${tls === undefined ? "http" : "https"}://${shownHost}:${port}`;
}

function mirrorText({ stage, mirror }: RouteSettings, hasCandidate: boolean): string {
  switch (stage) {
    case "off":
      return "nothing mirrored";
    case "shadow":
    case "canary":
    case "ramp":
    case "live":
    case "complete":
      if (!hasCandidate) return "nothing mirrored: no candidate";
      return `mirrors ${mirror.samplePercent} % of ${mirror.methods.join(" ") || "no method"}`;
    default:
      return assertNever(stage);
  }
}

/** Off by default: a report without tiers should surprise nobody. */
function noiseText({ baseline, samplePercent, recheck }: NoiseSettings): string {
  const again = recheck.samplePercent === 0 ? "" : ` · ${recheck.samplePercent} % of mismatches read again`;
  switch (baseline) {
    case "off":
      return `noise     not measured${again}`;
    case "self":
      return `noise     ${samplePercent} % of the mirrored reads go to the legacy once more${again}`;
    case "upstream":
      return `noise     ${samplePercent} % of the mirrored reads go to the baseline too${again}`;
    default:
      return assertNever(baseline);
  }
}

function routeText(route: RouteSettings, hasCandidate: boolean): string {
  const { path, methods, hosts } = route.match;
  const match = [methods.join(",") || "any method", path, hosts.join(",")]
    .filter((part) => part !== "")
    .join(" ");
  const { contract } = route;
  const held = contract === undefined ? "" : ` · contract ${contract.name} ${contract.version}`.trimEnd();
  const { length } = route.compare.rules;
  const ruled = length === 0 ? "" : ` · ${length} ${length === 1 ? "rule" : "rules"}`;
  const facts = `stage ${route.stage} · ${mirrorText(route, hasCandidate)}${ruled}${held}`;
  return `route     ${route.name}: ${match} · ${facts}`;
}

/** What a config amounts to, a line each: upstreams, listeners, noise, routes with stage and what is mirrored. */
function summaryLines(config: Config, snapshot: Snapshot): string[] {
  const { legacy, candidate, baseline } = snapshot.upstreams;
  const { settings } = config;
  const routes = snapshot.routes.filter((route) => route.name !== OTHER);
  const lines = [legacy, candidate, baseline].filter((upstream) => upstream !== undefined).map(upstreamText);
  lines.push(
    `listens   ${settings.listen}${settings.listenTls ? " (TLS)" : ""} · admin ${settings.admin.listen}`,
  );
  lines.push(noiseText(snapshot.noise));
  for (const route of routes.slice(0, ROUTES_SHOWN_MAX))
    lines.push(routeText(route, candidate !== undefined));
  if (routes.length > ROUTES_SHOWN_MAX) lines.push(`and ${routes.length - ROUTES_SHOWN_MAX} more routes`);
  if (settings.routes.length > 0) lines.push("elsewhere stage off · nothing mirrored");
  lines.push(...rolloutLines(config, snapshot, Date.now()).slice(0, ROUTES_SHOWN_MAX));
  return lines;
}

/** Exit code 0 with a summary on standard output, or 2 with one problem per line on standard error. */
export async function runCheck(file: string): Promise<number> {
  const outcome = loadConfig({ config: file }, process.env);
  if (!outcome.ok) {
    process.stderr.write(outcome.problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
    return 2;
  }
  const state = { epoch: 1, instanceId: "check", isKilled: false, slots: new RouteSlots() };
  const snapshot = buildSnapshot(outcome.config, state);
  process.stdout.write(`${[`${file}: fine`, ...summaryLines(outcome.config, snapshot)].join("\n")}\n`);
  return 0;
}
