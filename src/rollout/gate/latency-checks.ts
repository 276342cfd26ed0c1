// Is the candidate slower? A contest at the quantile: how often the legacy is over a limit that its own first pairs
// fixed, against how often the candidate is over ratioMax times that limit. Pairs share load and hour of the day, and
// not the clock: who is mirrored to is timed on a busier thread. So one clock has to agree wherever both serve.
import { eValueOf } from "../../core/evidence.ts";
import type { GateSettings } from "../../core/gate-settings.ts";
import { LATENCY_BUCKETS, latencyBucket, latencyBucketUpperMs } from "../../core/latency-buckets.ts";
import { logEvidenceToFail } from "./alpha.ts";
import { logEvidenceBelow } from "./bounds.ts";
import { moreToCertify } from "./pair-checks.ts";
import type { GateCheck, GateContext } from "./reading.ts";
import { REFERENCE_PAIRS, type StepEvidence, sumOf } from "./step-evidence.ts";
import { inCount, inNumber } from "./words.ts";

const LOG_BUCKET_WIDTH = Math.log(latencyBucketUpperMs(1) / latencyBucketUpperMs(0));

/**
 * So much slower is held against nobody: the two services of a pair are timed on different threads, which on a busy
 * machine are apart by this much (docs/gates.md has the measurement).
 */
const SLACK_MS = 5;
/** Of each service, before what was served says whether it is slower: two answers over the quantile, and a hundred. */
const servedMin = (quantile: number): number => Math.max(100, Math.ceil(2 / (1 - quantile) - 1e-9));

/** The bucket in which the quantile of `counts` lies; undefined without any. */
function quantileBucket(counts: readonly number[], quantile: number): number | undefined {
  const total = sumOf(counts);
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(quantile * total));
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (seen >= rank) return bucket;
  }
  return undefined;
}

function countAbove(counts: readonly number[], bucket: number): number {
  let count = 0;
  for (let i = bucket + 1; i < counts.length; i++) count += counts[i] ?? 0;
  return count;
}

/** How many buckets `ratio` moves a latency, rounded to the candidate's favour. */
function bucketsOf(ratio: number): number {
  return Math.ceil(Math.log(ratio) / LOG_BUCKET_WIDTH - 1e-9);
}

/** How many buckets slower is allowed of what takes as long as `bucket`. */
function allowedFrom(bucket: number, ratioMax: number): number {
  const slack = latencyBucket(latencyBucketUpperMs(bucket) + SLACK_MS) - bucket;
  return Math.max(bucketsOf(ratioMax), slack);
}

/** Of the reference; as the ratio has it before there is one. */
function allowedBuckets({ latencies }: StepEvidence, { latency }: GateSettings): number {
  const limit = quantileBucket(latencies.reference, latency.quantile);
  return limit === undefined ? bucketsOf(latency.ratioMax) : allowedFrom(limit, latency.ratioMax);
}

/** Whether the candidate is slower by one clock, where each service served its clients; undefined: too few say so. */
function isServedSlower({ latencies }: StepEvidence, { latency }: GateSettings): boolean | undefined {
  const { servedLegacy, servedCandidate } = latencies;
  const { quantile, ratioMax } = latency;
  if (Math.min(sumOf(servedLegacy), sumOf(servedCandidate)) < servedMin(quantile)) return undefined;
  const legacy = quantileBucket(servedLegacy, quantile);
  const candidate = quantileBucket(servedCandidate, quantile);
  if (legacy === undefined || candidate === undefined) return undefined;
  return candidate - legacy > allowedFrom(legacy, ratioMax);
}

/** Both services serve some: one clock times both. */
function isSplit({ stage, basisPoints }: GateContext): boolean {
  return stage === "canary" || (stage === "ramp" && basisPoints < 10_000);
}

interface Exceedances {
  readonly legacy: number;
  readonly candidate: number;
}

/** Undefined until the reference is fixed. `buckets`: how much slower the candidate may be. */
function exceedancesAt(evidence: StepEvidence, quantile: number, buckets: number): Exceedances | undefined {
  const { reference, legacy, candidate } = evidence.latencies;
  if (sumOf(reference) < REFERENCE_PAIRS) return undefined;
  const limit = quantileBucket(reference, quantile);
  if (limit === undefined) return undefined;
  return { legacy: countAbove(legacy, limit), candidate: countAbove(candidate, limit + buckets) };
}

/** ln of the evidence that the candidate is slower than is allowed, by pairs. */
function logEvidenceSlower(evidence: StepEvidence, settings: GateSettings): number {
  const { quantile } = settings.latency;
  const over = exceedancesAt(evidence, quantile, allowedBuckets(evidence, settings));
  if (over === undefined || over.candidate <= over.legacy) return 0;
  return Math.log(eValueOf({ candidateOnly: over.candidate, baselineOnly: over.legacy }));
}

/** Certainly slower by pairs; and by one clock, wherever both serve. Asking for both makes a false alarm only rarer. */
export function isSlower(evidence: StepEvidence, settings: GateSettings, context: GateContext): boolean {
  if (logEvidenceSlower(evidence, settings) < logEvidenceToFail(settings, context)) return false;
  return !isSplit(context) || isServedSlower(evidence, settings) === true;
}

/**
 * Two ways to certify, half of alpha each: the candidate is over its limit less often than the legacy over its own;
 * or its quantile surely lies below the limit, which is all there is to see where answers take always as long.
 */
function isWithin(
  { legacy, candidate }: Exceedances,
  pairs: number,
  { alpha, latency }: GateSettings,
): boolean {
  if (
    legacy > candidate &&
    eValueOf({ candidateOnly: Math.round(legacy), baselineOnly: Math.round(candidate) }) >= 2 / alpha
  )
    return true;
  return logEvidenceBelow(candidate, pairs, 1 - latency.quantile) >= Math.log(2 / alpha);
}

/** The candidate is certainly slower by no more than `buckets`. */
function isCertified(evidence: StepEvidence, settings: GateSettings, buckets: number): boolean {
  const over = exceedancesAt(evidence, settings.latency.quantile, buckets);
  return over !== undefined && isWithin(over, sumOf(evidence.latencies.legacy), settings);
}

/** Pairs of the reference and after it. */
export function latencyPairs({ latencies }: StepEvidence): number {
  return sumOf(latencies.reference) + sumOf(latencies.legacy);
}

/** How many more pairs certify the ratio, going on as so far; undefined: never. */
export function moreLatencyPairs(evidence: StepEvidence, settings: GateSettings): number | undefined {
  if (isServedSlower(evidence, settings) === true) return undefined;
  const pairs = sumOf(evidence.latencies.legacy);
  // Of a candidate that nothing is known of: as one that is never over the limit.
  if (pairs === 0) {
    const least = moreToCertify(0, 0, (candidate, of) => isWithin({ legacy: 0, candidate }, of, settings));
    return least && Math.max(0, REFERENCE_PAIRS - sumOf(evidence.latencies.reference)) + least;
  }
  const over = exceedancesAt(evidence, settings.latency.quantile, allowedBuckets(evidence, settings));
  if (over === undefined) return undefined;
  return moreToCertify(over.candidate, pairs, (candidate, of) =>
    isWithin({ legacy: (over.legacy / pairs) * of, candidate }, of, settings),
  );
}

/** The smallest ratio that is certified; null where none is. More buckets make it only easier. */
function ratioBound(evidence: StepEvidence, settings: GateSettings): number | null {
  let low = -LATENCY_BUCKETS;
  let high = LATENCY_BUCKETS;
  if (!isCertified(evidence, settings, high)) return null;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isCertified(evidence, settings, middle)) high = middle;
    else low = middle;
  }
  return Math.exp(high * LOG_BUCKET_WIDTH);
}

/** Of all pairs, those of the reference left out; null before there are any. */
function measuredRatio({ latencies }: StepEvidence, quantile: number): number | null {
  const legacy = quantileBucket(latencies.legacy, quantile);
  const candidate = quantileBucket(latencies.candidate, quantile);
  return legacy === undefined || candidate === undefined
    ? null
    : Math.exp((candidate - legacy) * LOG_BUCKET_WIDTH);
}

/** `p99`, `p99.9`. */
function quantileName(quantile: number): string {
  return `p${Number((quantile * 100).toFixed(3))}`;
}

export function checkLatency(
  evidence: StepEvidence,
  settings: GateSettings,
  context: GateContext,
): GateCheck {
  const { quantile, ratioMax } = settings.latency;
  const buckets = allowedBuckets(evidence, settings);
  // Whole buckets: a ratio within its last one is as configured.
  const allowed = buckets > bucketsOf(ratioMax) ? Math.exp(buckets * LOG_BUCKET_WIDTH) : ratioMax;
  const samples = sumOf(evidence.latencies.legacy);
  const value = measuredRatio(evidence, quantile);
  const over = exceedancesAt(evidence, quantile, buckets);
  const base = { name: "latency", subject: "", threshold: allowed, samples, unit: "ratio" } as const;
  if (value === null || over === undefined)
    return {
      ...base,
      verdict: "insufficient",
      value,
      bound: null,
      text: `The first ${inCount(REFERENCE_PAIRS)} pairs fix what ${quantileName(quantile)} of the legacy is; ${inCount(sumOf(evidence.latencies.reference))} are there.`,
    };
  const isFailing = isSlower(evidence, settings, context);
  const isServedOver = isServedSlower(evidence, settings);
  const isFine = !isFailing && isServedOver !== true && isCertified(evidence, settings, buckets);
  const measured = `${quantileName(quantile)} of the candidate is ${inNumber(value)} times the legacy's on ${inCount(samples)} pairs; ${inNumber(allowed)} times${allowed > ratioMax ? ` (${SLACK_MS} ms more)` : ""} is allowed`;
  const odds = `it was over that ${inCount(over.candidate)} times, the legacy over its own ${inCount(over.legacy)} times`;
  const bound = isFailing ? null : ratioBound(evidence, settings);
  const certain = bound === null ? "nothing is certain yet" : `certainly not above ${inNumber(bound)} times`;
  return {
    ...base,
    verdict: isFailing ? "fail" : isFine ? "pass" : "insufficient",
    value,
    bound,
    text: isFailing
      ? `${measured}, and it is certainly more: ${odds}.`
      : `${measured}: ${certain} (${odds}).${isServedOver === true ? " Where each serves its clients, the candidate is slower than that." : ""}`,
  };
}
