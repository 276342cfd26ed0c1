// How the chance of a false rollback is shared: a whole rollout has settings.alpha, each of its steps an equal part,
// and in it each check that can roll back by statistics an equal part again. So the sum is never more than alpha.
import type { GateSettings } from "../../core/gate-settings.ts";
import type { GateContext } from "./reading.ts";

/** Of the default ramp: shadow, canary, 1, 5, 25, 50 and 100 %, live. */
const STEPS_DEFAULT = 8;
/** mismatches, discordant-failures, errors, latency, rescues, burn-rate. */
const CHECKS = 6;

/** What one check of one step may spend on rolling back equal services. */
export function alphaOfCheck({ alpha }: GateSettings, { steps = STEPS_DEFAULT }: GateContext): number {
  return alpha / (Math.max(1, steps) * CHECKS);
}

/** ln of the evidence from which such a check fails. */
export function logEvidenceToFail(settings: GateSettings, context: GateContext): number {
  return -Math.log(alphaOfCheck(settings, context));
}
