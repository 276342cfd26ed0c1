// How many routes the candidate serves, for the line of truth: asked by every view, and little.
import type { RolloutTotals } from "../../admin/rollout-schemas.ts";
import { useApi } from "../api.ts";
import { useChanges } from "../events.ts";

/** A gate or a tripwire moves a route without a word on the stream. */
const AGAIN_MS = 5000;

/** Undefined until it is known. */
export function useTotals(): RolloutTotals | undefined {
  const { value, reload } = useApi<{ readonly totals: RolloutTotals }>("/api/rollout?detail=none", AGAIN_MS);
  useChanges(["rollout", "kill", "reload"], reload);
  return value?.totals;
}
