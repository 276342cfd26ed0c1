// Checks on pairs: both services had the same request. The strongest evidence there is, at every stage.
import { E_VALUE_MAX, eValueOf } from "../../core/evidence.ts";
import type { GateSettings } from "../../core/gate-settings.ts";
import { alphaOfCheck, logEvidenceToFail } from "./alpha.ts";
import { excessBound, logEvidenceAbove, logEvidenceBelow, lowerBound, upperBound } from "./bounds.ts";
import { comparedOf } from "./plain-checks.ts";
import type { GateCheck, GateContext } from "./reading.ts";
import type { StepEvidence } from "./step-evidence.ts";
import { UNIT_FAILURES_MAX } from "./unit-caps.ts";
import { inCount, inNumber, inPercent, inPercentOver, plural } from "./words.ts";

/** Searches for what is still missing stop here: nobody waits for more. */
const MORE_MAX = 1e9;

/** How many more trials certify, if of them the same share is hit as so far; undefined: never. */
export function moreToCertify(
  hits: number,
  of: number,
  isCertified: (hits: number, of: number) => boolean,
): number | undefined {
  const share = of === 0 ? 0 : hits / of;
  const after = (more: number) => isCertified(hits + share * more, of + more);
  let high = 1;
  while (!after(high)) {
    high *= 2;
    if (high > MORE_MAX) return undefined;
  }
  let low = high / 2;
  for (let i = 0; i < 12; i++) {
    const middle = (low + high) / 2;
    if (after(middle)) high = middle;
    else low = middle;
  }
  return high === 1 ? 1 : Math.ceil(high);
}

/** Two digits are enough of an estimate. */
function about(count: number): string {
  return inCount(Number(count.toPrecision(2)));
}

/** The sentence on a rate that has to be certified below a limit. `one` and `many` name the trials. */
function certificateText(
  { hits, of, bound, max }: { hits: number; of: number; bound: number; max: number },
  verb: string,
  more: number | undefined,
  many: string,
): string {
  const seen = `${inCount(hits)} of ${inCount(of)} ${many} ${verb}`;
  if (bound <= max) return `${seen}: at most ${inPercent(bound)}, and ${inPercent(max)} is allowed.`;
  const then =
    more === undefined
      ? "Going on like this never certifies it."
      : `About ${about(more)} more ${hits === 0 ? "clean ones" : "like these"} would certify it.`;
  return `${seen}: it may be up to ${inPercent(bound)}, and ${inPercent(max)} is allowed. ${then}`;
}

/** Evidence of a rate that must lie below `max`: certified by all of it, failed by the capped part of it alone. */
export interface RateEvidence {
  readonly hits: number;
  readonly cappedHits: number;
  readonly of: number;
  readonly max: number;
}

/** Failing is asked first: both at once is possible only for a cap that hides failures, and then all of them count. */
export function verdictOnRate(
  { hits, cappedHits, of, max }: RateEvidence,
  alpha: number,
  logToFail: number,
): "pass" | "fail" | "insufficient" {
  if (logEvidenceAbove(cappedHits, of, max) >= logToFail) return "fail";
  return logEvidenceBelow(hits, of, max) >= -Math.log(alpha) ? "pass" : "insufficient";
}

export function checkRate(
  name: "mismatches" | "rescues",
  rate: RateEvidence,
  {
    settings,
    context,
    verb,
    many,
  }: {
    readonly settings: GateSettings;
    readonly context: GateContext;
    readonly verb: string;
    readonly many: string;
  },
): GateCheck {
  const { hits, cappedHits, of, max } = rate;
  const verdict = verdictOnRate(rate, settings.alpha, logEvidenceToFail(settings, context));
  const base = {
    name,
    subject: "",
    verdict,
    value: of === 0 ? null : hits / of,
    threshold: max,
    samples: of,
    unit: "rate",
  } as const;
  if (verdict === "fail") {
    const bound = lowerBound(cappedHits, of, alphaOfCheck(settings, context));
    return {
      ...base,
      bound,
      text: `${inCount(hits)} of ${inCount(of)} ${many} ${verb}: at least ${inPercentOver(bound, max)}, and ${inPercent(max)} is allowed.`,
    };
  }
  const bound = upperBound(hits, of, settings.alpha);
  const more =
    verdict === "pass"
      ? 0
      : moreToCertify(hits, of, (h, n) => logEvidenceBelow(h, n, max) >= -Math.log(settings.alpha));
  const few = hits > cappedHits ? ` ${fewUnitsText(hits - cappedHits)}` : "";
  return { ...base, bound, text: certificateText({ hits, of, bound, max }, verb, more, many) + few };
}

function fewUnitsText(left: number): string {
  return `${inCount(left)} of them are repeats of few units (over ${UNIT_FAILURES_MAX} each): no reason to roll back, but none to go on.`;
}

/** Mismatches that are no noise, of the pairs that were compared. */
export function mismatchEvidence(evidence: StepEvidence, settings: GateSettings): RateEvidence {
  const { pairs, capped } = evidence;
  return {
    hits: pairs.mismatch - pairs.noise,
    cappedHits: capped.mismatch,
    of: comparedOf(pairs),
    max: settings.mismatchRateMax,
  };
}

export function checkMismatches(
  evidence: StepEvidence,
  settings: GateSettings,
  context: GateContext,
): GateCheck {
  return checkRate("mismatches", mismatchEvidence(evidence, settings), {
    settings,
    context,
    verb: "differ",
    many: "pairs",
  });
}

/** The candidate's failure rate exceeds the legacy's by at most this, by pairs: every failure counts. */
export function pairedExcessBound(evidence: StepEvidence, alpha: number): number {
  const { pairs, candidateFailed, legacyFailed } = evidence.pairs;
  return excessBound({ worse: candidateFailed, better: legacyFailed, pairs }, alpha);
}

/**
 * A candidate that fails where the legacy does not, more often than the reverse, is rolled back: unless all failures
 * together are certified to stay within the margin. What is certain and allowed is no reason to go back.
 */
export function isFailingInPairs(
  evidence: StepEvidence,
  settings: GateSettings,
  context: GateContext,
): boolean {
  const { candidateFailed, legacyFailed } = evidence.capped;
  if (candidateFailed <= legacyFailed) return false;
  const eValue = eValueOf({ candidateOnly: candidateFailed, baselineOnly: legacyFailed });
  if (Math.log(eValue) < logEvidenceToFail(settings, context)) return false;
  return pairedExcessBound(evidence, settings.alpha) > settings.errorRateMargin;
}

export function checkDiscordantFailures(
  evidence: StepEvidence,
  settings: GateSettings,
  context: GateContext,
): GateCheck {
  const { pairs, candidateFailed, legacyFailed } = evidence.pairs;
  const { capped } = evidence;
  const threshold = Math.min(E_VALUE_MAX, 1 / alphaOfCheck(settings, context));
  const value = eValueOf({ candidateOnly: capped.candidateFailed, baselineOnly: capped.legacyFailed });
  const excess = pairedExcessBound(evidence, settings.alpha);
  const isWithin = excess <= settings.errorRateMargin;
  const verdict = isFailingInPairs(evidence, settings, context) ? "fail" : isWithin ? "pass" : "insufficient";
  const seen = `Of ${plural(pairs, "pair")} the candidate alone failed in ${inCount(candidateFailed)}, the legacy alone in ${inCount(legacyFailed)}`;
  const odds = `odds of ${inNumber(value)} : 1 that the candidate is worse, ${inNumber(threshold)} : 1 rolls back`;
  const most = `at most ${inPercent(excess)} more failures, and ${inPercent(settings.errorRateMargin)} is allowed`;
  const left = candidateFailed - capped.candidateFailed;
  const few = left > 0 && verdict !== "pass" ? ` ${fewUnitsText(left)}` : "";
  return {
    name: "discordant-failures",
    subject: "",
    verdict,
    value,
    bound: excess,
    threshold,
    samples: pairs,
    unit: "e-value",
    text: `${seen}: ${isWithin ? most : `${odds}; ${most}`}.${few}`,
  };
}
