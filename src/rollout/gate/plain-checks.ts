// Checks without statistics: time, how much was seen, what people have to decide, business numbers.
import type { GateSettings, KpiSeen } from "../../core/gate-settings.ts";
import type { GateCheck, GateContext } from "./reading.ts";
import type { StepEvidence } from "./step-evidence.ts";
import { inCount, inNumber, inTime, plural } from "./words.ts";

/** From the step's clock; a clock that went back has not begun. */
export function elapsedMs(evidence: StepEvidence, nowMs: number): number {
  return evidence.clockAtMs === null ? 0 : Math.max(0, nowMs - evidence.clockAtMs);
}

export function checkHold(evidence: StepEvidence, settings: GateSettings, context: GateContext): GateCheck {
  const elapsed = elapsedMs(evidence, context.nowMs);
  const threshold = Math.max(settings.holdMs, settings.warmUpMs);
  const isWaiting = evidence.clockAtMs === null || context.stragglers > 0;
  const isPassed = elapsed >= threshold && !isWaiting;
  return {
    name: "hold",
    subject: "",
    verdict: isPassed ? "pass" : "insufficient",
    value: elapsed,
    bound: null,
    threshold,
    samples: 1,
    unit: "ms",
    text: isWaiting
      ? `Not every thread has acknowledged the step (${inCount(context.stragglers)} missing): its clock waits for them.`
      : isPassed
        ? `The step has lasted ${inTime(elapsed)}; ${inTime(threshold)} were asked for.`
        : `The step has lasted ${inTime(elapsed)} of ${inTime(threshold)}: ${inTime(threshold - elapsed)} to go.`,
  };
}

/** Pairs that could be compared: an incomparable one says nothing of correctness. */
export function comparedOf({
  match,
  mismatch,
  noise,
}: {
  match: number;
  mismatch: number;
  noise: number;
}): number {
  return match + mismatch - noise;
}

export function checkPairs(evidence: StepEvidence, settings: GateSettings): GateCheck {
  const { pairs } = evidence;
  const value = comparedOf(pairs);
  const isPassed = value >= settings.pairsMin;
  const without = pairs.incomparable + pairs.noise;
  const left = without === 0 ? "" : `; ${inCount(without)} more could not be compared or were noise`;
  return {
    name: "pairs",
    subject: "",
    verdict: isPassed ? "pass" : "insufficient",
    value,
    bound: null,
    threshold: settings.pairsMin,
    samples: pairs.pairs,
    unit: "count",
    text: `${plural(value, "exchange")} of ${inCount(settings.pairsMin)} were answered by both services and compared${left}.`,
  };
}

/** Not asked of a canary, whose units people chose, nor where everybody is served. */
export function checkUnits(evidence: StepEvidence, settings: GateSettings): GateCheck {
  const value = evidence.units.seen;
  const isPassed = value >= settings.unitsMin;
  const none =
    value === 0 && settings.unitsMin > 0 ? " Is rollout.units set, and do requests carry the unit?" : "";
  return {
    name: "units",
    subject: "",
    verdict: isPassed ? "pass" : "insufficient",
    value,
    bound: null,
    threshold: settings.unitsMin,
    samples: value,
    unit: "count",
    text: `${plural(value, "different unit")} were seen; at least ${inCount(settings.unitsMin)} are asked for.${none}`,
  };
}

/**
 * Over the limit holds and does not roll back: that there is a difference is certain, that it is unwanted is not.
 * The candidate may be right. Only people know, and rolling back would latch the route over a fix.
 */
export function checkConfirmed(settings: GateSettings, { confirmedUntriaged }: GateContext): GateCheck {
  const base = {
    name: "confirmed",
    subject: "",
    bound: null,
    threshold: settings.confirmedMax,
    unit: "count",
  } as const;
  if (confirmedUntriaged === undefined)
    return {
      ...base,
      verdict: "unhealthy",
      value: null,
      samples: 0,
      text: "The store did not say how many confirmed differences wait for a decision: see its health.",
    };
  const isPassed = confirmedUntriaged <= settings.confirmedMax;
  return {
    ...base,
    verdict: isPassed ? "pass" : "insufficient",
    value: confirmedUntriaged,
    samples: confirmedUntriaged,
    text: isPassed
      ? `${plural(confirmedUntriaged, "confirmed difference")} without a decision; ${inCount(settings.confirmedMax)} may be.`
      : `${plural(confirmedUntriaged, "confirmed difference")} without a decision, and ${inCount(settings.confirmedMax)} may be: decide on them in the review.`,
  };
}

/** One reading outside its limits may be a scrape that came late or a server that had just begun: it is asked again. */
const OUTSIDE_TO_FAIL = 2;

/** Outside holds at once, and fails when the next reading says the same. */
export function checkKpi(reading: KpiSeen): GateCheck {
  const { min, max } = reading;
  const base = { name: "kpi", subject: reading.name, bound: null, unit: "number" } as const;
  if (reading.kind === "unhealthy")
    return {
      ...base,
      verdict: "unhealthy",
      value: null,
      threshold: min ?? max ?? null,
      samples: 0,
      text: `${reading.name} could not be read: ${reading.why}. Nothing is promoted, and nothing rolled back.`,
    };
  const { value, outsideInARow } = reading;
  const isBelow = min !== undefined && value < min;
  const isAbove = max !== undefined && value > max;
  const allowed = [
    min === undefined ? "" : `at least ${inNumber(min)}`,
    max === undefined ? "" : `at most ${inNumber(max)}`,
  ].filter((text) => text !== "");
  const asked = allowed.length === 0 ? "nothing is asked of it" : `${allowed.join(" and ")} is asked for`;
  const isOutside = isBelow || isAbove;
  const isFailing = isOutside && outsideInARow >= OUTSIDE_TO_FAIL;
  const then = !isOutside
    ? ""
    : isFailing
      ? ` So it was ${inCount(outsideInARow)} times in a row.`
      : " It fails if the next readings say so twice in a row, after the warm-up; until then it holds.";
  return {
    ...base,
    verdict: isFailing ? "fail" : isOutside ? "insufficient" : "pass",
    value,
    threshold: isBelow ? min : isAbove ? max : (min ?? max ?? null),
    samples: 1,
    text: `${reading.name} is ${inNumber(value)}; ${asked}.${then}`,
  };
}
