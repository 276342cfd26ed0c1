// What a step of the plan asks for, in words. Pure.
import type { GateSettings } from "../core/gate-settings.ts";
import { inPercentOver } from "../rollout/gate/words.ts";
import { hasGate, isServing, type Step } from "../rollout/step.ts";

/** What must hold to leave a step, a line each. */
export function gateLines(settings: GateSettings, step: Step, requestShare: number | null): string[] {
  if (!hasGate(step)) return [];
  const percent = (rate: number) => `${+(rate * 100).toFixed(4)} %`;
  const lines = [
    `at least ${settings.pairsMin} pairs`,
    `at most ${percent(settings.mismatchRateMax)} of them differ, noise left out`,
    "the candidate fails no more often than the legacy on the same requests",
    `p${+(settings.latency.quantile * 100).toFixed(2)} at most ${settings.latency.ratioMax} times the legacy's`,
    `at most ${settings.confirmedMax} confirmed differences without a decision`,
    ...settings.kpis.map(({ name, min, max }) => {
      const bounds = [min === undefined ? "" : `at least ${min}`, max === undefined ? "" : `at most ${max}`];
      return `${name}: ${bounds.filter((text) => text !== "").join(", ")}`;
    }),
  ];
  if (settings.unitsMin > 0) lines.splice(1, 0, `from at least ${settings.unitsMin} units`);
  if (isServing(step)) {
    lines.push(`errors at most ${percent(settings.errorRateMargin)} above the legacy's`);
    lines.push(`at most ${percent(settings.rescueRateMax)} rescued`);
  }
  const { requestShareMax } = settings;
  if (requestShareMax !== undefined) {
    lines.push(`the candidate serves at most ${percent(requestShareMax)} of the requests`);
    if (requestShare !== null && requestShare > requestShareMax)
      lines.push(
        `it would serve ${inPercentOver(requestShare, requestShareMax)} of them here, so the step before holds: raise requestSharePercentMax, or put a smaller step between`,
      );
  }
  return lines;
}
