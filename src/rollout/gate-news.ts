// What people are to know of a gate that promotes nothing while the candidate serves: each once, for as long as it
// lasts. It tells nobody: the controller does.
import type { GateReading } from "./gate/reading.ts";
import type { RouteLife } from "./route-life.ts";
import { isServing } from "./step.ts";

/** An unhealthy gate is told after as long: a scrape that was missed is nobody's business. */
const UNHEALTHY_TOLD_MS = 60_000;

/** The sentences of the checks that say so. */
export function whyOf(reading: GateReading, verdict: GateReading["verdict"]): string {
  return reading.checks
    .filter((check) => check.verdict === verdict)
    .map(({ text }) => text)
    .join(" ");
}

/** Marks in `life` what has been told. */
export function gateNews(
  life: RouteLife,
  reading: GateReading,
  { nowMs, graceMs }: { readonly nowMs: number; readonly graceMs: number },
): readonly string[] {
  return [...graceNews(life, reading, graceMs), ...unhealthyNews(life, reading, nowMs)];
}

function graceNews(life: RouteLife, reading: GateReading, graceMs: number): readonly string[] {
  if (reading.verdict !== "insufficient" || reading.elapsedMs < graceMs || life.isGraceTold) return [];
  if (!isServing(life.state.at)) return [];
  life.isGraceTold = true;
  return [`the gate has too little evidence: ${whyOf(reading, "insufficient")}`];
}

function unhealthyNews(life: RouteLife, reading: GateReading, nowMs: number): readonly string[] {
  if (reading.verdict !== "unhealthy" || !isServing(life.state.at)) {
    life.unhealthy = null;
    return [];
  }
  life.unhealthy ??= { sinceMs: nowMs, isTold: false };
  const { sinceMs, isTold } = life.unhealthy;
  if (isTold || nowMs - sinceMs < UNHEALTHY_TOLD_MS) return [];
  life.unhealthy = { sinceMs, isTold: true };
  return [`the gate is unhealthy and promotes nothing: ${whyOf(reading, "unhealthy")}`];
}
