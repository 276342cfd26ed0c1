// Points of a trend as lines: gaps filled, shares made, and a sentence that says what is to be seen. Pure.
import type { TrendAnswer } from "../../admin/review-schemas.ts";
import { formatCount, formatMs, formatPercent } from "../format.ts";

type Point = TrendAnswer["points"][number];

const BUCKET_MS: Readonly<Record<TrendAnswer["resolution"], number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

export interface Slot {
  readonly atMs: number;
  /** Undefined where nothing came. */
  readonly point: Point | undefined;
}

/** A Parallax that has just begun is shown over so many buckets, not as a dot at the end of an empty hour. */
const SLOTS_MIN = 10;

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  /** Before this nothing could come, but for what an earlier process stored. */
  readonly startedMs: number;
}

/** Every bucket from the first to the last, also those in which nothing came; none before the start. */
export function slotsOf({ resolution, points }: TrendAnswer, span: Span): readonly Slot[] {
  const { toMs } = span;
  const stepMs = BUCKET_MS[resolution];
  const begunMs = Math.min(span.startedMs, points[0]?.atMs ?? toMs, toMs - SLOTS_MIN * stepMs);
  const fromMs = Math.max(span.fromMs, begunMs);
  const byTime = new Map(points.map((point) => [Math.floor(point.atMs / stepMs), point]));
  const first = Math.floor(fromMs / stepMs);
  const length = Math.floor(toMs / stepMs) - first + 1;
  return Array.from({ length }, (_, at) => ({ atMs: (first + at) * stepMs, point: byTime.get(first + at) }));
}

/** 0 to 100; null where nothing was compared. */
export function matchPercent(point: Point | undefined): number | null {
  if (point === undefined) return null;
  const compared = point.match + point.mismatch;
  return compared === 0 ? null : (100 * point.match) / compared;
}

function timeText(atMs: number, resolution: TrendAnswer["resolution"]): string {
  const options: Intl.DateTimeFormatOptions =
    resolution === "day"
      ? { month: "short", day: "numeric" }
      : {
          ...(resolution === "hour" ? { month: "short", day: "numeric" } : {}),
          hour: "2-digit",
          minute: "2-digit",
        };
  return new Intl.DateTimeFormat("en-GB", options).format(atMs);
}

export function trafficSentence({ resolution, points }: TrendAnswer): string {
  const busiest = points.reduce<Point | undefined>(
    (most, point) => (most === undefined || point.exchanges > most.exchanges ? point : most),
    undefined,
  );
  if (busiest === undefined) return "nothing came in this time";
  const all = points.reduce((sum, { exchanges }) => sum + exchanges, 0);
  return `${formatCount(all, "exchange")}, most (${formatCount(busiest.exchanges, "exchange")}) in the ${resolution} of ${timeText(busiest.atMs, resolution)}`;
}

export function matchSentence({ resolution, points }: TrendAnswer): string {
  const match = points.reduce((sum, point) => sum + point.match, 0);
  const mismatch = points.reduce((sum, point) => sum + point.mismatch, 0);
  if (match + mismatch === 0) return "nothing was compared in this time";
  const worst = points
    .filter((point) => matchPercent(point) !== null)
    .reduce((least, point) => ((matchPercent(point) ?? 0) < (matchPercent(least) ?? 0) ? point : least));
  return `${formatPercent(match / (match + mismatch))} over this time, lowest ${formatPercent((matchPercent(worst) ?? 0) / 100)} in the ${resolution} of ${timeText(worst.atMs, resolution)}`;
}

export type Quantile = "p50" | "p95" | "p99";

export function latencySentence({ points }: TrendAnswer, quantile: Quantile): string {
  const newest = points.findLast(({ legacyMs, candidateMs }) => legacyMs !== null || candidateMs !== null);
  if (newest === undefined) return "nothing was measured in this time";
  return `at last ${formatMs(newest.legacyMs?.[quantile] ?? null)} for the legacy, ${formatMs(newest.candidateMs?.[quantile] ?? null)} for the candidate`;
}
