// The last day in even steps, from buckets of which empty ones are left out. Pure.
import type { TrendAnswer } from "../../admin/review-schemas.ts";

export interface TrendBin {
  readonly atMs: number;
  readonly exchanges: number;
}

const DAY_MS = 86_400_000;

/** `bins` even steps that end at `nowMs`; each has the sum of the buckets that begin in it. */
export function trendBins(
  { points }: Pick<TrendAnswer, "points">,
  { nowMs, bins }: { readonly nowMs: number; readonly bins: number },
): readonly TrendBin[] {
  const stepMs = DAY_MS / bins;
  const fromMs = nowMs - DAY_MS;
  const sums = new Array<number>(bins).fill(0);
  for (const { atMs, mismatch, exchanges } of points) {
    const at = Math.min(bins - 1, Math.floor((atMs - fromMs) / stepMs));
    // The first bucket may have begun a little before the day.
    if (at >= -1) sums[Math.max(0, at)] = (sums[Math.max(0, at)] ?? 0) + Math.max(mismatch, exchanges);
  }
  return sums.map((sum, at) => ({ atMs: fromMs + at * stepMs, exchanges: sum }));
}

/** `rising`, `falling`, `steady`, `quiet`: the newer half of the day against the older one. */
export function trendWord(bins: readonly TrendBin[]): "rising" | "falling" | "steady" | "quiet" {
  const half = Math.floor(bins.length / 2);
  const sum = (part: readonly TrendBin[]) => part.reduce((total, { exchanges }) => total + exchanges, 0);
  const [older, newer] = [sum(bins.slice(0, half)), sum(bins.slice(half))];
  if (older + newer === 0) return "quiet";
  if (newer > older * 1.5) return "rising";
  return newer * 1.5 < older ? "falling" : "steady";
}
