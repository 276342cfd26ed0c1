// Where a route stands on its way, as a place between 0 and 1. Pure.
// The ramp has ticks at equal distances, so that 1 % is seen as well as 50 %; any other share stands between them.
import type { RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";

export type Stage = RolloutRouteAnswer["stage"];
export type Standing = Pick<RolloutRouteAnswer, "stage" | "percent">;

export const STAGE_ORDER: readonly Stage[] = ["off", "shadow", "canary", "ramp", "live", "complete"];
export const RAMP_TICKS = [1, 5, 25, 50, 100] as const;

/** Of the track, from the left: the ramp has more room than the others, for its ticks. */
const STOPS: Readonly<Record<Exclude<Stage, "ramp">, number>> = {
  off: 0,
  shadow: 0.13,
  canary: 0.26,
  live: 0.85,
  complete: 1,
};
const RAMP_FROM = 0.37;
const RAMP_TO = 0.74;

function placeInRamp(percent: number): number {
  const last = RAMP_TICKS.length - 1;
  const above = RAMP_TICKS.findIndex((tick) => percent <= tick);
  if (above === 0) return RAMP_FROM;
  if (above === -1) return RAMP_TO;
  const lower = RAMP_TICKS[above - 1] as number;
  const upper = RAMP_TICKS[above] as number;
  const within = above - 1 + (percent - lower) / (upper - lower);
  return RAMP_FROM + ((RAMP_TO - RAMP_FROM) * within) / last;
}

/** 0 is off, 1 is complete. */
export function placeOf({ stage, percent }: Standing): number {
  return stage === "ramp" ? placeInRamp(percent) : STOPS[stage];
}

export interface TrackMark {
  readonly at: number;
  readonly label: string;
  readonly isStop: boolean;
}

/** What is drawn along it: the stages as stops, the ramp as ticks. */
export const TRACK_MARKS: readonly TrackMark[] = STAGE_ORDER.flatMap((stage): readonly TrackMark[] =>
  stage === "ramp"
    ? RAMP_TICKS.map((percent) => ({
        at: placeOf({ stage, percent }),
        label: String(percent),
        isStop: false,
      }))
    : [{ at: placeOf({ stage, percent: 0 }), label: stage, isStop: true }],
);
