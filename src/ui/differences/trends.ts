// How a signature went over time: asked for one at a time, only of what is looked at, and once.
import { useEffect, useState } from "preact/hooks";
import type { TrendAnswer } from "../../admin/review-schemas.ts";
import { get } from "../api.ts";
import { inTurn } from "../parts/in-turn.ts";

/** Trends remembered; then all are asked anew. */
const KEPT_MAX = 500;
const DAY_MS = 86_400_000;

const kept = new Map<string, Promise<TrendAnswer | undefined>>();

export function trendPath(id: string, nowMs: number): string {
  const from = new Date(nowMs - DAY_MS).toISOString();
  return `/api/trends?${new URLSearchParams({ scope: "signature", id, from })}`;
}

function trendOf(id: string): Promise<TrendAnswer | undefined> {
  const known = kept.get(id);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MAX) kept.clear();
  const asked = inTurn(() => get<TrendAnswer>(trendPath(id, Date.now()))).then((result) =>
    result.kind === "ok" ? result.value : undefined,
  );
  kept.set(id, asked);
  return asked;
}

/** Undefined until `isWanted`, until it is there, and where there is none. */
export function useTrend(id: string, isWanted: boolean): TrendAnswer | undefined {
  const [trend, setTrend] = useState<TrendAnswer>();
  useEffect(() => {
    if (!isWanted) return;
    let isGone = false;
    trendOf(id).then(
      (value) => {
        if (!isGone) setTrend(value);
      },
      () => undefined, // only an abort rejects, and nobody aborts it
    );
    return () => {
      isGone = true;
    };
  }, [id, isWanted]);
  return trend;
}
