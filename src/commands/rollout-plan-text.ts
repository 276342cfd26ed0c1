// `parallax rollout plan` as text for a terminal: all steps, what must hold to leave each, how long it takes. Pure.
import type { PlanAnswer } from "../admin/rollout-schemas.ts";
import { number } from "../report/wording.ts";
import { duration, etaText, name, rate, sentence, table } from "./rollout-words.ts";

type Step = PlanAnswer["steps"][number];

/** Steps with the same gate are told once, together. */
export function renderPlan({ route, steps, blockers }: PlanAnswer): string {
  const current = steps.find(({ isCurrent }) => isCurrent);
  const head = ["", "STEP", "UNITS", "REQUESTS", "LASTS", "PAIRS", "OF UNITS", "BY A PERSON", "CERTIFIED"];
  const rows = steps.map((step) => [
    step.isCurrent ? "→" : step.isPast ? "✓" : "",
    name(step.step),
    rate(step.unitShare),
    rate(step.requestShare),
    step.gate.length === 0 ? "–" : duration(step.holdMs),
    step.gate.length === 0 ? "–" : number(step.pairsMin),
    step.gate.length === 0 ? "–" : number(step.unitsMin),
    step.needsApproval ? "yes" : "no",
    etaText(step.eta),
  ]);
  const later = steps.filter(({ eta }) => eta !== null && eta.text !== "");
  return [
    `${name(route)}: ${current === undefined ? `${steps.length} steps` : `now at ${name(current.step)}`}`,
    "",
    ...table([head, ...rows], [2, 3, 4, 5, 6]),
    ...(later.length === 0 ? [] : ["", "How long:"]),
    ...later.map(({ step, eta }) => `  ${name(step)}: ${sentence(eta?.text ?? "")}`),
    ...gateLines(steps),
    "",
    blockers.length === 0 ? "In the way: nothing but the gate" : "In the way:",
    ...blockers.map((blocker) => `  ${sentence(blocker)}`),
    "",
  ].join("\n");
}

function gateLines(steps: readonly Step[]): readonly string[] {
  const stepsByGate = new Map<string, readonly Step[]>();
  for (const step of steps.filter(({ gate }) => gate.length > 0)) {
    const key = step.gate.join("\n");
    stepsByGate.set(key, [...(stepsByGate.get(key) ?? []), step]);
  }
  return [...stepsByGate.values()].flatMap((group) => [
    "",
    `To leave ${group.map(({ step }) => name(step)).join(", ")}:`,
    ...(group[0]?.gate ?? []).map((line) => `  ${sentence(line)}`),
  ]);
}
