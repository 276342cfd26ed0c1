// The rollouts in short: what a line on a board says of a route, and what one sentence says of all. Pure.
import { STAGES } from "../core/snapshot.ts";
import { GATE_VERDICTS } from "../rollout/gate/reading.ts";
import type { RolloutBriefAnswer, RolloutRouteAnswer, RolloutTotals } from "./rollout-schemas.ts";

const CHECKS_MAX = 3;

function briefGate({ gate }: RolloutRouteAnswer): RolloutBriefAnswer["gate"] {
  if (gate === null) return null;
  const notPassed = gate.checks.filter(({ verdict }) => verdict !== "pass");
  const rank = ({ verdict }: (typeof notPassed)[number]) => GATE_VERDICTS.indexOf(verdict);
  const worst = notPassed.toSorted((a, b) => rank(b) - rank(a)).slice(0, CHECKS_MAX);
  return {
    verdict: gate.verdict,
    checks: worst.map(({ name, subject, verdict }) => ({ name, subject, verdict })),
    notPassed: notPassed.length,
  };
}

export function briefOf(route: RolloutRouteAnswer): RolloutBriefAnswer {
  const { stage, percent, step, isPaused, isKilled, latch, enteredAtMs, clockAtMs, stragglers } = route;
  const { shares, eta, next, steps, actions, warnings } = route;
  return {
    route: route.route,
    stage,
    percent,
    step,
    isPaused,
    isKilled,
    latch,
    enteredAtMs,
    clockAtMs,
    stragglers,
    shares,
    eta,
    next,
    steps,
    warnings,
    gate: briefGate(route),
    actions: actions.filter(({ action }) => action === "promote"),
  };
}

const isServing = ({ stage }: RolloutRouteAnswer) => STAGES.indexOf(stage) >= STAGES.indexOf("canary");

export function totalsOf(routes: readonly RolloutRouteAnswer[]): RolloutTotals {
  const serving = routes.filter(isServing);
  return {
    routes: routes.length,
    serving: serving.length,
    percentMax: Math.max(0, ...serving.map(({ percent }) => percent)),
    held: routes.filter(({ latch, isKilled }) => latch !== null || isKilled).length,
  };
}
