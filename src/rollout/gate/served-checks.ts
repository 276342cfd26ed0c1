// Checks on what clients were served: not the same requests on both arms, so weaker than pairs, but all of them,
// unsafe methods included.
import type { GateSettings } from "../../core/gate-settings.ts";
import { logEvidenceToFail } from "./alpha.ts";
import {
  addToContest,
  logContestEvidence,
  logEvidenceAbove,
  logEvidenceAgainst,
  lowerBound,
  newContest,
  upperBound,
} from "./bounds.ts";
import { BUCKET_MS, type ServedSums } from "./burn-rate.ts";
import { checkRate, pairedExcessBound, type RateEvidence } from "./pair-checks.ts";
import type { GateCheck, GateContext } from "./reading.ts";
import { requestShareAt, type StepEvidence } from "./step-evidence.ts";
import { inCount, inNumber, inPercent, inTime } from "./words.ts";

/** Of the requests that the candidate was to serve: with at least so many paired, pairs decide in place of them. */
const COVERED_SHARE = 0.5;
/** Units on the candidate's arm below which a difference between the arms may be one between the units. */
const UNITS_TO_FAIL_MIN = 3;
/** Chance that the split of equally treated units is ever called uneven. Unhealthy, so no part of alpha. */
const ALPHA_SAMPLE_RATIO = 0.001;
/** Σ 1/n² over all beginnings of a window: what is spent on each sums up to no more than alpha. */
const BEGINNINGS = Math.PI ** 2 / 6;

/** What the candidate was to serve. */
function triedOf({ served }: StepEvidence): number {
  return served.requestsCandidate + served.rescued;
}

export function rescueEvidence(evidence: StepEvidence, settings: GateSettings): RateEvidence {
  const { rescued } = evidence.served;
  return { hits: rescued, cappedHits: rescued, of: triedOf(evidence), max: settings.rescueRateMax };
}

export function checkRescues(
  evidence: StepEvidence,
  settings: GateSettings,
  context: GateContext,
): GateCheck {
  return checkRate("rescues", rescueEvidence(evidence, settings), {
    settings,
    context,
    verb: "had to be rescued by the legacy",
    many: "requests to the candidate",
  });
}

/** The candidate's error rate less the legacy's, at most: each bound has half of alpha. */
function servedExcessBound({ served }: StepEvidence, alpha: number): number {
  const tried = served.requestsCandidate + served.rescued;
  const legacy = served.requestsLegacy - served.rescued;
  const high = upperBound(served.errorsCandidate + served.rescued, tried, alpha / 2);
  return Math.max(
    0,
    high - lowerBound(Math.min(served.errorsLegacy, legacy), Math.max(0, legacy), alpha / 2),
  );
}

/** Most of what the candidate served was answered by the legacy as well: those pairs judge the same requests better. */
function isCovered(evidence: StepEvidence): boolean {
  return evidence.servedByCandidate.pairs >= COVERED_SHARE * triedOf(evidence);
}

function isContestLost(evidence: StepEvidence, settings: GateSettings, context: GateContext): boolean {
  return logContestEvidence(evidence.contest) >= logEvidenceToFail(settings, context);
}

/**
 * Other units on each arm may fail more often by themselves, at either service. So a lost contest rolls back only
 * where nothing better is there: most was not paired, and the candidate's arm has more than a unit or two.
 */
export function isFailingInService(
  evidence: StepEvidence,
  settings: GateSettings,
  context: GateContext,
): boolean {
  const units = evidence.units.kept.candidate;
  const areFew = units > 0 && units < UNITS_TO_FAIL_MIN;
  return isContestLost(evidence, settings, context) && !isCovered(evidence) && !areFew;
}

export function checkErrors(evidence: StepEvidence, settings: GateSettings, context: GateContext): GateCheck {
  const { served } = evidence;
  const tried = triedOf(evidence);
  const legacy = Math.max(0, served.requestsLegacy - served.rescued);
  const errors = served.errorsCandidate + served.rescued;
  const direct = servedExcessBound(evidence, settings.alpha);
  const bound = isCovered(evidence) ? Math.min(direct, pairedExcessBound(evidence, settings.alpha)) : direct;
  const isLost = isContestLost(evidence, settings, context);
  const isFailing = isFailingInService(evidence, settings, context);
  const isPassed = tried > 0 && !isLost && bound <= settings.errorRateMargin;
  const rates = `${inCount(errors)} of ${inCount(tried)} requests to the candidate failed, ${inCount(served.errorsLegacy)} of ${inCount(legacy)} to the legacy`;
  const why = isFailing
    ? "so uneven is no chance"
    : isLost
      ? "that is no chance, but may lie in the units of each arm, and the pairs decide: see who fails before going on"
      : `at most ${inPercent(bound)} more, and ${inPercent(settings.errorRateMargin)} is allowed`;
  return {
    name: "errors",
    subject: "",
    verdict: isFailing ? "fail" : isPassed ? "pass" : "insufficient",
    value: tried === 0 ? null : errors / tried - (legacy === 0 ? 0 : served.errorsLegacy / legacy),
    bound,
    threshold: settings.errorRateMargin,
    samples: tried + legacy,
    unit: "rate",
    text: `${rates}: ${why}.`,
  };
}

/** A cap on requests holds the step; it is asked for the next one. */
export function checkRequestShare(
  evidence: StepEvidence,
  { requestShareMax }: GateSettings,
  { nextBasisPoints, basisPoints }: GateContext,
): GateCheck | undefined {
  const { served } = evidence;
  const total = served.requestsLegacy + served.requestsCandidate;
  const now = total === 0 ? null : served.requestsCandidate / total;
  const next = requestShareAt(evidence, nextBasisPoints);
  // Where batches tell nothing of the next step, what is served now is at least that far from the cap.
  const value = next ?? (nextBasisPoints === basisPoints ? now : null);
  if (requestShareMax === undefined && value === null) return undefined;
  const isPassed = requestShareMax === undefined || (value !== null && value <= requestShareMax);
  const seen =
    value === null
      ? "What share of the requests the next step takes is not known"
      : `${nextBasisPoints / 100} % of the units are ${inPercent(value)} of the requests`;
  return {
    name: "request-share",
    subject: "",
    verdict: isPassed ? "pass" : "insufficient",
    value,
    bound: null,
    threshold: requestShareMax ?? null,
    samples: total,
    unit: "rate",
    text:
      requestShareMax === undefined
        ? `${seen}; no cap is set.`
        : `${seen}; the cap is ${inPercent(requestShareMax)}.${isPassed ? "" : " Raise requestSharePercentMax, or take a smaller step."}`,
  };
}

export function checkSampleRatio(evidence: StepEvidence, { basisPoints }: GateContext): GateCheck {
  const { legacy, candidate } = evidence.units.kept;
  const samples = legacy + candidate;
  const threshold = basisPoints / 10_000;
  const isUneven =
    !evidence.isUnitsCut &&
    logEvidenceAgainst(candidate, samples, threshold) >= -Math.log(ALPHA_SAMPLE_RATIO);
  const seen = `${inCount(candidate)} of ${inCount(samples)} units were on the candidate's arm; ${basisPoints / 100} % were to be`;
  return {
    name: "sample-ratio",
    subject: "",
    verdict: isUneven ? "unhealthy" : "pass",
    value: samples === 0 ? null : candidate / samples,
    bound: null,
    threshold,
    samples,
    unit: "rate",
    text: isUneven
      ? `${seen}: so uneven is no chance. Requests of one arm get lost, or threads decide differently; no other number can be trusted.`
      : `${seen}: as even as chance has it.${evidence.isUnitsCut ? " Some units were not listed, so this says little." : ""}`,
  };
}

/** How often the legacy failed in the window: what burns with both services is no reason to go back. */
function burnOf(sums: ServedSums, budget: number): number {
  if (sums.requestsCandidate === 0) return 0;
  const legacy = sums.requestsLegacy === 0 ? 0 : sums.errorsLegacy / sums.requestsLegacy;
  return Math.max(0, sums.errorsCandidate / sums.requestsCandidate - legacy) / budget;
}

/**
 * Every beginning of a window has its own part of alpha (α / n², n counted from the step's first minute), so that a
 * window that moves on for months stays right. Beside the legacy's failures where it serves, else beside the budget,
 * unless pairs show that the legacy fails as well.
 */
function isBurning(
  evidence: StepEvidence,
  { sums, rate, longMs }: { readonly sums: ServedSums; readonly rate: number; readonly longMs: number },
  { logToFail, nowMs }: { readonly logToFail: number; readonly nowMs: number },
): boolean {
  const firstAtMs = evidence.firstAtMs ?? nowMs;
  const beginning = Math.max(1, Math.ceil((nowMs - longMs - firstAtMs) / BUCKET_MS) + 1);
  const least = logToFail + Math.log(beginning ** 2 * BEGINNINGS);
  const { requestsCandidate, errorsCandidate, requestsLegacy, errorsLegacy } = sums;
  if (requestsLegacy > 0) {
    const contest = newContest();
    const share = requestsCandidate / (requestsCandidate + requestsLegacy);
    addToContest(contest, errorsCandidate, errorsLegacy, share);
    if (logContestEvidence(contest) < least) return false;
  }
  const { pairs, bothFailed, legacyFailed } = evidence.servedByCandidate;
  const legacyRate = pairs === 0 ? 0 : (bothFailed + legacyFailed) / pairs;
  return logEvidenceAbove(errorsCandidate, requestsCandidate, Math.min(1, rate + legacyRate)) >= least;
}

export function checkBurnRate(
  evidence: StepEvidence,
  { slo, ...settings }: GateSettings,
  context: GateContext,
): GateCheck {
  const { nowMs } = context;
  const budget = 1 - slo.availability;
  const logToFail =
    logEvidenceToFail({ slo, ...settings }, context) + Math.log(Math.max(1, slo.windows.length));
  const windows = slo.windows.map((window) => {
    const sums = evidence.burn.sums(window.longMs, nowMs);
    const long = burnOf(sums, budget);
    const short = burnOf(evidence.burn.sums(window.shortMs, nowMs), budget);
    const rate = Math.min(1, window.burnRate * budget);
    const isFailing =
      long >= window.burnRate &&
      short >= window.burnRate &&
      isBurning(evidence, { sums, rate, longMs: window.longMs }, { logToFail, nowMs });
    return { ...window, sums, long, isFailing };
  });
  const worst = windows.toSorted(
    (a, b) => Number(b.isFailing) - Number(a.isFailing) || b.long / b.burnRate - a.long / a.burnRate,
  )[0];
  const base = { name: "burn-rate", subject: "", bound: null, unit: "ratio" } as const;
  if (worst === undefined)
    return { ...base, verdict: "pass", value: null, threshold: null, samples: 0, text: "No window is set." };
  const samples = worst.sums.requestsCandidate;
  return {
    ...base,
    verdict: worst.isFailing ? "fail" : "pass",
    value: worst.long,
    threshold: worst.burnRate,
    samples,
    text: `Over ${inTime(Math.min(worst.longMs, nowMs - (evidence.firstAtMs ?? nowMs)))} the candidate burns its budget of ${inPercent(budget)} failures at ${inNumber(worst.long)} times its rate, beyond what the legacy fails; ${inNumber(worst.burnRate)} times is a failure${worst.isFailing ? "" : " once it is no chance"}.`,
  };
}
