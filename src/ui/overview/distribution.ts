// How latencies are spread, in steps that people count in. Pure.
import type { LatencyAnswer } from "../../admin/review-schemas.ts";

/** Milliseconds; an answer's own buckets are finer, and each is put where its upper end is. */
const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;

export interface DistributionRow {
  /** `2 to 5 ms`. */
  readonly text: string;
  /** 0 to 1, of all answers of that side. */
  readonly legacy: number;
  readonly candidate: number;
}

function sharesOf({ buckets }: LatencyAnswer["legacy"]): readonly number[] {
  const counts = Array.from({ length: STEPS_MS.length + 1 }, () => 0);
  for (const { upToMs, count } of buckets) {
    const step = upToMs === null ? -1 : STEPS_MS.findIndex((edge) => upToMs <= edge);
    const at = step < 0 ? STEPS_MS.length : step;
    counts[at] = (counts[at] ?? 0) + count;
  }
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (all === 0 ? 0 : count / all));
}

function edgeText(ms: number): string {
  return ms < 1000 ? `${ms}\u00a0ms` : `${ms / 1000}\u00a0s`;
}

function stepText(at: number): string {
  const lower = STEPS_MS[at - 1];
  const upper = STEPS_MS[at];
  if (upper === undefined) return `over ${edgeText(lower ?? 0)}`;
  return `≤ ${edgeText(upper)}`;
}

/** From the first step that has any to the last. */
export function distributionOf({ legacy, candidate }: LatencyAnswer): readonly DistributionRow[] {
  const before = sharesOf(legacy);
  const after = sharesOf(candidate);
  const rows = before.map((share, at) => ({ text: stepText(at), legacy: share, candidate: after[at] ?? 0 }));
  const isFilled = (row: DistributionRow) => row.legacy + row.candidate > 0;
  return rows.slice(Math.max(0, rows.findIndex(isFilled)), rows.findLastIndex(isFilled) + 1);
}
