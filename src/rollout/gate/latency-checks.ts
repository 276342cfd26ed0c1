// Is the candidate slower? A contest at the quantile: how often the legacy is over a limit that its own first pairs
// fixed, against how often the candidate is over ratioMax times that limit. Pairs share load and hour of the day.
import { eValueOf } from "../../core/evidence.ts";
import type { GateSettings } from "../../core/gate-settings.ts";
import { LATENCY_BUCKETS, latencyBucketUpperMs } from "../../core/latency-buckets.ts";
import { logEvidenceToFail } from "./alpha.ts";
import { logEvidenceBelow } from "./bounds.ts";
import { moreToCertify } from "./pair-checks.ts";
import type { GateCheck, GateContext } from "./reading.ts";
import { REFERENCE_PAIRS, type StepEvidence, sumOf } from "./step-evidence.ts";
import { inCount, inNumber } from "./words.ts";

const LOG_BUCKET_WIDTH = Math.log(latencyBucketUpperMs(1) / latencyBucketUpperMs(0));

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

/** ln of the evidence that the candidate is slower than the ratio allows. */
export function logEvidenceSlower(evidence: StepEvidence, { latency }: GateSettings): number {
  const over = exceedancesAt(evidence, latency.quantile, bucketsOf(latency.ratioMax));
  if (over === undefined || over.candidate <= over.legacy) return 0;
  return Math.log(eValueOf({ candidateOnly: over.candidate, baselineOnly: over.legacy }));
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
  const pairs = sumOf(evidence.latencies.legacy);
  // Of a candidate that nothing is known of: as one that is never over the limit.
  if (pairs === 0) {
    const least = moreToCertify(0, 0, (candidate, of) => isWithin({ legacy: 0, candidate }, of, settings));
    return least && Math.max(0, REFERENCE_PAIRS - sumOf(evidence.latencies.reference)) + least;
  }
  const over = exceedancesAt(evidence, settings.latency.quantile, bucketsOf(settings.latency.ratioMax));
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
  const buckets = bucketsOf(ratioMax);
  const samples = sumOf(evidence.latencies.legacy);
  const value = measuredRatio(evidence, quantile);
  const over = exceedancesAt(evidence, quantile, buckets);
  const base = { name: "latency", subject: "", threshold: ratioMax, samples, unit: "ratio" } as const;
  if (value === null || over === undefined)
    return {
      ...base,
      verdict: "insufficient",
      value,
      bound: null,
      text: `The first ${inCount(REFERENCE_PAIRS)} pairs fix what ${quantileName(quantile)} of the legacy is; ${inCount(sumOf(evidence.latencies.reference))} are there.`,
    };
  const isSlower = logEvidenceSlower(evidence, settings) >= logEvidenceToFail(settings, context);
  const isFine = !isSlower && isCertified(evidence, settings, buckets);
  const measured = `${quantileName(quantile)} of the candidate is ${inNumber(value)} times the legacy's on ${inCount(samples)} pairs; ${inNumber(ratioMax)} times is allowed`;
  const odds = `it was over that ${inCount(over.candidate)} times, the legacy over its own ${inCount(over.legacy)} times`;
  const bound = isSlower ? null : ratioBound(evidence, settings);
  const certain = bound === null ? "nothing is certain yet" : `certainly not above ${inNumber(bound)} times`;
  return {
    ...base,
    verdict: isSlower ? "fail" : isFine ? "pass" : "insufficient",
    value,
    bound,
    text: isSlower ? `${measured}, and it is certainly more: ${odds}.` : `${measured}: ${certain} (${odds}).`,
  };
}
