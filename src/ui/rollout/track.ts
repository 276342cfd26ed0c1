// Where a route stands on its way, as a place between 0 and 1. Pure.
// The steps of its ramp have equal distances, so that 1 % is seen as well as 50 %; any other share stands between them.
import type { RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";

export type Stage = RolloutRouteAnswer["stage"];
export type Standing = Pick<RolloutRouteAnswer, "stage" | "percent">;
/** As the config has it: its shares in percent, ascending. */
export type Ramp = readonly number[];

export const STAGE_ORDER: readonly Stage[] = ["off", "shadow", "canary", "ramp", "live", "complete"];

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
/** More would be written over each other: of a finer ramp the first, the last and some between have their share. */
const LABELS_MAX = 5;

function placeInRamp(percent: number, ramp: Ramp): number {
  const [first = 0] = ramp;
  const last = ramp.length - 1;
  if (last < 1) return (RAMP_FROM + RAMP_TO) / 2;
  if (percent <= first) return RAMP_FROM;
  const above = ramp.findIndex((step) => percent <= step);
  const [lower, upper] = [ramp[above - 1], ramp[above]];
  if (lower === undefined || upper === undefined) return RAMP_TO;
  const within = above - 1 + (percent - lower) / (upper - lower);
  return RAMP_FROM + ((RAMP_TO - RAMP_FROM) * within) / last;
}

/** 0 is off, 1 is complete. */
export function placeOf({ stage, percent }: Standing, ramp: Ramp): number {
  return stage === "ramp" ? placeInRamp(percent, ramp) : STOPS[stage];
}

export interface TrackMark {
  readonly at: number;
  readonly name: string;
  /** Empty where there is no room for it. */
  readonly label: string;
  readonly isStop: boolean;
}

/** What is drawn along it: the stages as stops, the steps of the ramp as ticks. */
export function marksOf(ramp: Ramp): readonly TrackMark[] {
  const every = Math.max(1, Math.ceil((ramp.length - 1) / (LABELS_MAX - 1)));
  const last = ramp.length - 1;
  const hasLabel = (at: number) => at === last || (at % every === 0 && (at === 0 || last - at >= every));
  return STAGE_ORDER.flatMap((stage): readonly TrackMark[] =>
    stage === "ramp"
      ? ramp.map((percent, at) => ({
          at: placeOf({ stage, percent }, ramp),
          name: `ramp ${percent}`,
          label: hasLabel(at) ? String(percent) : "",
          isStop: false,
        }))
      : [{ at: placeOf({ stage, percent: 0 }, ramp), name: stage, label: stage, isStop: true }],
  );
}
