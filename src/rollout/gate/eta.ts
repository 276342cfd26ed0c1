// When a gate would pass if all goes on as now: what is missing, over the rate at which it has come.
import type { GateSettings } from "../../core/gate-settings.ts";
import { logEvidenceBelow, logEvidenceWithin } from "./bounds.ts";
import { latencyPairs, moreLatencyPairs } from "./latency-checks.ts";
import { mismatchEvidence, moreToCertify } from "./pair-checks.ts";
import { comparedOf } from "./plain-checks.ts";
import type { Eta, GateCheck, GateContext, GateReading } from "./reading.ts";
import { rescueEvidence } from "./served-checks.ts";
import type { StepEvidence } from "./step-evidence.ts";
import { inTime } from "./words.ts";

/** Longer is never: nobody waits for it, and traffic is another by then. */
const ETA_MAX_MS = 90 * 24 * 3_600_000;
/** Without one pair for as long, there will be none: nothing of the route is mirrored, or too little. */
const SILENCE_MS = 10 * 60_000;

/** Why a check waits for something that no traffic brings. */
type Wait = { readonly kind: "people"; readonly text: string } | { readonly kind: "ms"; readonly ms: number };

const NEVER: Wait = { kind: "ms", ms: Number.POSITIVE_INFINITY };

/** The time that `more` take, where `had` have come in `overMs`. */
function timeFor(more: number | undefined, had: number, overMs: number): Wait {
  if (more === undefined || had === 0) return NEVER;
  return { kind: "ms", ms: (more * overMs) / had };
}

function waitFor(
  check: GateCheck,
  evidence: StepEvidence,
  {
    settings,
    overMs,
    stragglers,
  }: { readonly settings: GateSettings; readonly overMs: number; readonly stragglers: number },
): Wait {
  const certified = -Math.log(settings.alpha);
  const { pairs } = evidence;
  const compared = comparedOf(pairs);
  switch (check.name) {
    case "hold":
      if (evidence.clockAtMs === null || stragglers > 0) return { kind: "people", text: check.text };
      return { kind: "ms", ms: (check.threshold ?? 0) - (check.value ?? 0) };
    case "pairs":
      return timeFor(settings.pairsMin - compared, compared, overMs);
    case "units":
      // New units come ever more slowly: this is the soonest.
      return timeFor(settings.unitsMin - evidence.units.seen, evidence.units.seen, overMs);
    case "mismatches": {
      const { hits, of, max } = mismatchEvidence(evidence, settings);
      return timeFor(
        moreToCertify(hits, of, (h, n) => logEvidenceBelow(h, n, max) >= certified),
        of,
        overMs,
      );
    }
    case "discordant-failures":
    case "errors": {
      const { candidateFailed, legacyFailed } = pairs;
      const better = pairs.pairs === 0 ? 0 : legacyFailed / pairs.pairs;
      const isWithin = (worse: number, n: number) =>
        logEvidenceWithin({ worse, better: better * n, pairs: n }, settings.errorRateMargin) >= certified;
      return timeFor(moreToCertify(candidateFailed, pairs.pairs, isWithin), pairs.pairs, overMs);
    }
    case "latency":
      return timeFor(moreLatencyPairs(evidence, settings), latencyPairs(evidence), overMs);
    case "rescues": {
      const { hits, of, max } = rescueEvidence(evidence, settings);
      return timeFor(
        moreToCertify(hits, of, (h, n) => logEvidenceBelow(h, n, max) >= certified),
        of,
        overMs,
      );
    }
    default:
      return { kind: "people", text: check.text };
  }
}

/** `25 %`, or the step in words where no percentage is next. */
function nextName({ stage, basisPoints, nextBasisPoints }: GateContext): string {
  return nextBasisPoints > basisPoints || stage === "ramp" ? `${nextBasisPoints / 100} %` : "the next step";
}

/** Of the reading that was just made of the evidence. */
export function estimate(
  { verdict, checks }: GateReading,
  evidence: StepEvidence,
  { settings, context }: { readonly settings: GateSettings; readonly context: GateContext },
): Eta {
  const next = nextName(context);
  const unknown = (text: string): Eta => ({ kind: "unknown", ms: null, text });
  if (verdict === "pass") return { kind: "now", ms: null, text: `${next} is certified now.` };
  const first = checks.find((check) => check.verdict === verdict);
  if (verdict === "fail" || verdict === "unhealthy")
    return unknown(`Not while the gate says ${verdict}: ${first?.text}`);
  const since = evidence.firstAtMs;
  const overMs = since === null ? 0 : Math.max(0, context.nowMs - since);
  const { pairs } = evidence.pairs;
  if (since === null || (pairs === 0 && overMs < SILENCE_MS)) return unknown("Nothing was compared yet.");
  if (overMs === 0) return unknown("Evidence has only begun to come.");
  const never = (why: string): Eta => ({
    kind: "never",
    ms: null,
    text: `${next}: never from this traffic (${why}). Use replay, or ask for less.`,
  });
  if (pairs === 0) return never("no exchange was answered by both services");
  let ms = 0;
  for (const check of checks) {
    if (check.verdict !== "insufficient") continue;
    const wait = waitFor(check, evidence, { settings, overMs, stragglers: context.stragglers });
    if (wait.kind === "people") return unknown(`${next} waits: ${wait.text}`);
    if (wait.ms > ETA_MAX_MS) return never(`${check.name}: ${check.text}`);
    ms = Math.max(ms, wait.ms);
  }
  return { kind: "in", ms, text: `At this traffic, ${next} is certified in ${inTime(ms)}.` };
}

/**
 * Of a step that is still to come, from its beginning to its certificate: where its pairs and units come as they do in
 * the step that `evidence` is of, all of them clean. That is the soonest.
 */
export function estimateStep(evidence: StepEvidence, settings: GateSettings, nowMs: number): Eta {
  const compared = comparedOf(evidence.pairs);
  const overMs = evidence.firstAtMs === null ? 0 : nowMs - evidence.firstAtMs;
  if (compared === 0 || overMs <= 0) return { kind: "unknown", ms: null, text: "Nothing was compared yet." };
  const certified = -Math.log(settings.alpha);
  const clean = moreToCertify(0, 0, (h, n) => logEvidenceBelow(h, n, settings.mismatchRateMax) >= certified);
  const pairsMs = (Math.max(settings.pairsMin, clean ?? 0) * overMs) / compared;
  const { seen } = evidence.units;
  const unitsMs = settings.unitsMin === 0 ? 0 : seen === 0 ? Infinity : (settings.unitsMin * overMs) / seen;
  const ms = settings.warmUpMs + Math.max(settings.holdMs, pairsMs, unitsMs);
  if (ms > ETA_MAX_MS)
    return { kind: "never", ms: null, text: "Never from this traffic. Use replay, or ask for less." };
  return { kind: "in", ms, text: `At this traffic, certified ${inTime(ms)} after it begins.` };
}
