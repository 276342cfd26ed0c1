// What a gate says of a step: every check, and the verdict they add up to. Pure: time and numbers are arguments.
// Looked at after every batch, so each check that can roll back stays right however often it is looked at.
import type { GateSettings } from "../../core/gate-settings.ts";
import { isServingStage } from "../../core/snapshot.ts";
import { checkLatency } from "./latency-checks.ts";
import { checkDiscordantFailures, checkMismatches } from "./pair-checks.ts";
import { checkConfirmed, checkHold, checkKpi, checkPairs, checkUnits, elapsedMs } from "./plain-checks.ts";
import {
  GATE_VERDICTS,
  type GateCheck,
  type GateContext,
  type GateReading,
  type GateVerdict,
} from "./reading.ts";
import {
  checkBurnRate,
  checkErrors,
  checkRequestShare,
  checkRescues,
  checkSampleRatio,
} from "./served-checks.ts";
import type { StepEvidence } from "./step-evidence.ts";

/** fail > unhealthy > insufficient > pass. */
function verdictOf(checks: readonly GateCheck[]): GateVerdict {
  const ranks = checks.map(({ verdict }) => GATE_VERDICTS.indexOf(verdict));
  return GATE_VERDICTS[Math.max(0, ...ranks)] ?? "insufficient";
}

/** What is asked while the candidate serves somebody. */
function servedChecks(evidence: StepEvidence, settings: GateSettings, context: GateContext): GateCheck[] {
  const isSplit = context.stage === "ramp" && context.basisPoints > 0 && context.basisPoints < 10_000;
  return [
    checkErrors(evidence, settings, context),
    checkRescues(evidence, settings, context),
    // Cohorts are chosen by hand: only a percentage says how many units there should be.
    ...(isSplit ? [checkSampleRatio(evidence, context)] : []),
    checkBurnRate(evidence, settings, context),
  ];
}

export function readGate(evidence: StepEvidence, settings: GateSettings, context: GateContext): GateReading {
  const isByPercentage = context.stage === "shadow" || context.stage === "ramp";
  const share = checkRequestShare(evidence, settings, context);
  const checks = [
    checkHold(evidence, settings, context),
    checkPairs(evidence, settings),
    ...(isByPercentage ? [checkUnits(evidence, settings)] : []),
    checkMismatches(evidence, settings, context),
    checkDiscordantFailures(evidence, settings, context),
    checkLatency(evidence, settings, context),
    ...(isServingStage(context.stage) ? servedChecks(evidence, settings, context) : []),
    checkConfirmed(settings, context),
    ...(share === undefined ? [] : [share]),
    ...context.kpis.map(checkKpi),
  ];
  return {
    verdict: verdictOf(checks),
    atMs: context.nowMs,
    elapsedMs: elapsedMs(evidence, context.nowMs),
    checks,
  };
}
