// When a gate would pass if all goes on as now: what is missing, over the rate at which it has come.
import type { GateSettings } from "../core/gate-settings.ts";
import { readGate } from "./gate.ts";
import { comparedOf } from "./gate-plain-checks.ts";
import type { Eta, GateContext } from "./gate-reading.ts";
import { inTime } from "./gate-words.ts";
import type { StepEvidence } from "./step-evidence.ts";

/** Longer is never: nobody waits for it, and traffic is another by then. */
export const ETA_MAX_MS = 90 * 24 * 3_600_000;

export function estimate(evidence: StepEvidence, settings: GateSettings, context: GateContext): Eta {
  const { verdict } = readGate(evidence, settings, context);
  const next = `${context.nextBasisPoints / 100} %`;
  if (verdict === "pass") return { kind: "now", ms: null, text: `${next} is certified now.` };
  const compared = comparedOf(evidence.pairs);
  const since = evidence.firstAtMs;
  if (since === null || compared === 0 || context.nowMs <= since)
    return { kind: "unknown", ms: null, text: "Nothing was compared yet." };
  const ms = Math.max(0, settings.pairsMin - compared) * ((context.nowMs - since) / compared);
  if (ms > ETA_MAX_MS)
    return { kind: "never", ms: null, text: `${next}: never from this traffic; use replay.` };
  return { kind: "in", ms, text: `At this traffic, ${next} is certified in ${inTime(ms)}.` };
}
