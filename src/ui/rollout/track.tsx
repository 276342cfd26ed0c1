// A route's way as a line with stops: off, shadow, canary, the ramp with its shares, live, complete.
import type { RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { marksOf, placeOf } from "./track.ts";

const WIDTH = 340;
const EDGE = 20;
const LINE_Y = 12;

const x = (at: number) => EDGE + at * (WIDTH - 2 * EDGE);

export interface TrackProps {
  /** No names along it: a row that says the step beside it. */
  readonly isBare?: boolean;
  readonly route: Pick<
    RolloutRouteAnswer,
    "stage" | "percent" | "step" | "steps" | "next" | "latch" | "isKilled"
  >;
}

export function Track({ route, isBare = false }: TrackProps) {
  const { step, steps, next, latch, isKilled } = route;
  const here = placeOf(route, steps);
  const isHeld = latch !== null || isKilled;
  const words = `at ${step}${next === null ? "" : `, next ${next.step}`}${isHeld ? ", held" : ""}`;
  return (
    <svg
      class={isHeld ? "track held" : "track"}
      role="img"
      viewBox={`0 0 ${WIDTH} ${isBare ? 2 * LINE_Y : 34}`}
    >
      <title>{words}</title>
      <line class="way" x1={x(0)} x2={x(1)} y1={LINE_Y} y2={LINE_Y} />
      <line class="gone" x1={x(0)} x2={x(here)} y1={LINE_Y} y2={LINE_Y} />
      {marksOf(steps).map(({ at, name, label, isStop }) => {
        const isGone = at <= here;
        return (
          <g key={name} class={isGone ? "mark gone" : "mark"}>
            {isStop ? (
              <circle cx={x(at)} cy={LINE_Y} r={4} />
            ) : (
              <line x1={x(at)} x2={x(at)} y1={LINE_Y - 4} y2={LINE_Y + 4} />
            )}
            {isBare ? null : (
              <text x={x(at)} y={31}>
                {label}
              </text>
            )}
          </g>
        );
      })}
      {next === null || isHeld ? null : (
        <circle class="next" cx={x(placeOf(next, steps))} cy={LINE_Y} r={6.5} />
      )}
      {isHeld ? (
        <rect class="here" x={x(here) - 7} y={LINE_Y - 7} width={14} height={14} />
      ) : (
        <circle class="here" cx={x(here)} cy={LINE_Y} r={7.5} />
      )}
    </svg>
  );
}
