// What a gate says of a step: every check, and the verdict they add up to. Pure: time and numbers are arguments.
// Looked at after every batch, so each check that can roll back stays right however often it is looked at.
import type { GateSettings } from "../core/gate-settings.ts";
import {
  checkConfirmed,
  checkHold,
  checkKpi,
  checkPairs,
  checkUnits,
  elapsedMs,
} from "./gate-plain-checks.ts";
import {
  GATE_VERDICTS,
  type GateCheck,
  type GateContext,
  type GateReading,
  type GateVerdict,
} from "./gate-reading.ts";
import type { StepEvidence } from "./step-evidence.ts";

/** fail > unhealthy > insufficient > pass. */
function verdictOf(checks: readonly GateCheck[]): GateVerdict {
  const ranks = checks.map(({ verdict }) => GATE_VERDICTS.indexOf(verdict));
  return GATE_VERDICTS[Math.max(0, ...ranks)] ?? "insufficient";
}

export function readGate(evidence: StepEvidence, settings: GateSettings, context: GateContext): GateReading {
  const isByPercentage = context.stage === "shadow" || context.stage === "ramp";
  const checks = [
    checkHold(evidence, settings, context),
    checkPairs(evidence, settings),
    ...(isByPercentage ? [checkUnits(evidence, settings)] : []),
    checkConfirmed(settings, context),
    ...context.kpis.map(checkKpi),
  ];
  return {
    verdict: verdictOf(checks),
    atMs: context.nowMs,
    elapsedMs: elapsedMs(evidence, context.nowMs),
    checks,
  };
}
