// What the board knows of a route, whether it asked for a line of it or for all.
import type { RolloutBriefAnswer } from "../../admin/rollout-schemas.ts";

type BriefGate = NonNullable<RolloutBriefAnswer["gate"]>;
/** A route in brief, or in full. */
export type BoardRoute = Omit<RolloutBriefAnswer, "gate"> & {
  readonly gate:
    | (Pick<BriefGate, "verdict"> & {
        readonly checks: readonly BriefGate["checks"][number][];
        readonly notPassed?: number;
      })
    | null;
};
