// What a trend is asked for, and how sums of time and of latency are told.
import { LATENCY_BUCKETS, latencyBucketUpperMs, latencyQuantileMs } from "../core/latency-buckets.ts";
import type { LatencyCounts, TrendPoint, TrendQuery, TrendResolution } from "../store/review-store.ts";
import { STORE_LIMITS } from "../store/store.ts";
import type { LatencyAnswer, TrendAnswer } from "./review-schemas.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const BUCKET_MS: Readonly<Record<TrendResolution, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
};
/** Of one answer, some hundred bytes each: a day of minutes fits, ten years of days do. */
export const POINTS_MAX = 4_000;
const DEFAULT_SPAN_MS = STORE_LIMITS.trendMinutesAgeMsMax;

export interface AskedTrend {
  readonly scope: "all" | "route" | "endpoint" | "signature";
  readonly id?: string | undefined;
  readonly resolution: TrendResolution | "auto";
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export type ReadTrend =
  | { readonly kind: "ok"; readonly query: TrendQuery }
  | { readonly kind: "refused"; readonly message: string };

function scopeOf(scope: Exclude<AskedTrend["scope"], "all">, id: string): TrendQuery["scope"] {
  if (scope === "route") return { kind: scope, route: id };
  return scope === "endpoint" ? { kind: scope, endpoint: id } : { kind: scope, id };
}

/** What the store still has of a time so long ago: of finer buckets it would find a part only. */
function finestAt(ageMs: number): TrendResolution {
  if (ageMs <= STORE_LIMITS.trendMinutesAgeMsMax) return "minute";
  return ageMs <= STORE_LIMITS.trendHoursAgeMsMax ? "hour" : "day";
}

/** Without `to` until now; without `from` the six hours before that. */
export function readTrend({ scope, id, resolution, from, to }: AskedTrend, nowMs: number): ReadTrend {
  const refused = (message: string) => ({ kind: "refused", message }) as const;
  if ((scope === "all") !== (id === undefined))
    return refused(scope === "all" ? "id: not with scope all" : `id: the ${scope}; scope ${scope} needs it`);
  const toMs = to === undefined ? nowMs : Date.parse(to);
  const fromMs = from === undefined ? toMs - DEFAULT_SPAN_MS : Date.parse(from);
  if (fromMs >= toMs) return refused("from: a time before to");
  const points = (of: TrendResolution) => (toMs - fromMs) / BUCKET_MS[of];
  const chosen = resolution === "auto" ? finestAt(nowMs - fromMs) : resolution;
  if (points(chosen) > POINTS_MAX)
    return refused(`resolution: at most ${POINTS_MAX} points; take a coarser one, or a shorter time`);
  const asked = scope === "all" ? ({ kind: scope } as const) : scopeOf(scope, id ?? "");
  return { kind: "ok", query: { scope: asked, resolution: chosen, fromMs, toMs } };
}

function quantilesOf(latency: ReadonlyMap<number, number>) {
  const quantile = (q: number) => latencyQuantileMs(latency, q) ?? null;
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}

export function trendAnswer(resolution: TrendResolution, points: readonly TrendPoint[]): TrendAnswer {
  return {
    resolution,
    points: points.map(({ legacyLatency, candidateLatency, ...sums }) => ({
      ...sums,
      legacyMs: legacyLatency.size === 0 ? null : quantilesOf(legacyLatency),
      candidateMs: candidateLatency.size === 0 ? null : quantilesOf(candidateLatency),
    })),
  };
}

function sideAnswer(latency: ReadonlyMap<number, number>): LatencyAnswer["legacy"] {
  const buckets = [...latency]
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => a - b)
    .map(([bucket, count]) => ({
      upToMs: bucket >= LATENCY_BUCKETS - 1 ? null : latencyBucketUpperMs(bucket),
      count,
    }));
  return { ...quantilesOf(latency), buckets };
}

export function latencyAnswer({ legacy, candidate }: LatencyCounts): LatencyAnswer {
  return { legacy: sideAnswer(legacy), candidate: sideAnswer(candidate) };
}
