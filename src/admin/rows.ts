// Rows of the store as the API answers with them: counts with the rates and the evidence that follow from them.
import { assertNever } from "../core/assert.ts";
import { eValueOf, wilsonBounds } from "../core/evidence.ts";
import { latencyQuantileMs } from "../core/latency-buckets.ts";
import type { Triage } from "../core/triage.ts";
import type { StoredEndpoint, StoredSignature, UpstreamCounts } from "../store/store.ts";
import { matchRateOf } from "../telemetry/match-rate.ts";
import type { EndpointAnswer, RateAnswer, SignatureAnswer } from "./schemas.ts";

function upstreamAnswer({ status, latency }: UpstreamCounts): EndpointAnswer["legacy"] {
  const quantile = (q: number) => latencyQuantileMs(latency, q) ?? null;
  return {
    status: Object.fromEntries(status),
    latencyMs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
  };
}

function matchRateAnswer(matches: number, mismatches: number): EndpointAnswer["matchRate"] {
  const matchRate = matchRateOf(matches, mismatches);
  return { ...matchRate, rate: matchRate.rate ?? null };
}

export function endpointAnswer(stored: StoredEndpoint): EndpointAnswer {
  const { incomparable, skipped, legacy, candidate, window, ...rest } = stored;
  // Both are flushed together; a file of another making may say otherwise.
  const noise = Math.min(stored.noise, stored.mismatch);
  return {
    ...rest,
    incomparable: Object.fromEntries(incomparable),
    skipped: Object.fromEntries(skipped),
    matchRate: matchRateAnswer(stored.match, stored.mismatch),
    matchRateWithoutNoise: matchRateAnswer(stored.match + noise, stored.mismatch - noise),
    legacy: upstreamAnswer(legacy),
    candidate: upstreamAnswer(candidate),
    stage: null,
    window:
      window === undefined ? null : { ...window, matchRate: matchRateAnswer(window.match, window.mismatch) },
  };
}

function rateAnswer(count: number, of: number): RateAnswer {
  return { count, rate: of === 0 ? null : count / of, ...wilsonBounds(count, of) };
}

function triageAnswer({ decision, who, atMs }: Triage): NonNullable<SignatureAnswer["triage"]> {
  switch (decision.state) {
    case "accepted":
      return { who, atMs, expiresMs: decision.expiresMs };
    case "bug":
      return { who, atMs, link: decision.link };
    case "new":
    case "fixed":
      return { who, atMs };
    default:
      return assertNever(decision);
  }
}

export function signatureAnswer(stored: StoredSignature): SignatureAnswer {
  const { pairs, triage } = stored;
  const candidate = pairs.candidateOnly + pairs.both;
  const baseline = pairs.baselineOnly + pairs.both;
  // The endpoint's pairs and the place's are flushed together, but counted by different threads.
  const paired = Math.max(stored.paired, pairs.candidateOnly + baseline);
  return {
    ...stored,
    exchangeIds: [...stored.exchangeIds],
    triage: triage === undefined ? null : triageAnswer(triage),
    owner: stored.owner ?? null,
    window: stored.window ?? null,
    values: stored.values.map((pair) => ({ ...pair })),
    eValue: eValueOf(pairs),
    candidateRate: rateAnswer(candidate, paired),
    baselineRate: rateAnswer(baseline, paired),
    noiseShare: candidate === 0 ? null : pairs.both / candidate,
  };
}
