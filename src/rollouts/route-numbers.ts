// What a scrape tells of a route on its way.
import type { GateSettings } from "../core/gate-settings.ts";
import type { RouteLife } from "../rollout/route-life.ts";
import { isServing } from "../rollout/step.ts";
import type { RouteNumbers } from "../telemetry/rollout-numbers.ts";

/** `settings` of its gate. Only of a step where the candidate serves somebody, too little evidence is a matter of time. */
export function routeNumbers(
  { route, state, reading }: RouteLife,
  { graceMs }: GateSettings,
  nowMs: number,
): RouteNumbers {
  const isInsufficient = reading?.verdict === "insufficient" && isServing(state.at);
  const sinceMs = isInsufficient ? (state.clockAtMs ?? nowMs) : nowMs;
  return {
    route,
    stage: state.at.stage,
    percent: state.at.basisPoints / 100,
    isLatched: state.latch !== null,
    isPaused: state.isPaused,
    isKilled: state.isKilled,
    verdict: reading?.verdict ?? null,
    // A clock that was set back makes no time negative.
    insufficientSeconds: Math.max(0, nowMs - sinceMs) / 1000,
    graceSeconds: graceMs / 1000,
  };
}
