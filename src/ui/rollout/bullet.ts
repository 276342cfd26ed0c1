// One check of a gate as a bullet chart: where value, bound and threshold stand on one scale. Pure.
import type { RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";

export type Gate = NonNullable<RolloutRouteAnswer["gate"]>;
export type Check = Gate["checks"][number];

/** More than the threshold is what they want; of all others less is better. A KPI says it itself, but not in the journal. */
const AT_LEAST: ReadonlySet<Check["name"]> = new Set(["hold", "pairs", "units"]);
export type Direction = "at-least" | "at-most" | "unknown";
export function directionOf({ name, direction }: Pick<Check, "name" | "direction">): Direction {
  if (direction === "at-least" || direction === "at-most") return direction;
  if (AT_LEAST.has(name)) return "at-least";
  return name === "kpi" ? "unknown" : "at-most";
}

/** Room beyond the farthest mark, so that none is cut by the edge. */
const MARGIN = 1.2;
/** An e-value of 1 says nothing at all; this is as far below as anybody looks. */
const E_VALUE_MIN = 0.01;

/** Places from 0 to 1; null where there is no such number. */
export interface Bullet {
  readonly zero: number;
  readonly value: number | null;
  readonly bound: number | null;
  readonly threshold: number | null;
  readonly direction: Direction;
}

type Measured = Pick<Check, "name" | "unit" | "value" | "bound" | "threshold" | "direction">;

/** Undefined where nothing can be drawn. */
export function bulletOf(check: Measured): Bullet | undefined {
  // Evidence multiplies: equal steps on the scale are equal factors.
  const project = (number: number) =>
    check.unit === "e-value" ? Math.log(Math.max(number, E_VALUE_MIN) / E_VALUE_MIN) : number;
  const [value, bound, threshold] = [check.value, check.bound, check.threshold].map((number) =>
    number === null || !Number.isFinite(number) ? null : project(number),
  ) as [number | null, number | null, number | null];
  const marks = [value, bound, threshold].filter((mark) => mark !== null);
  if (marks.length === 0) return undefined;
  const lowest = Math.min(0, ...marks) * MARGIN;
  const highest = Math.max(0, ...marks) * MARGIN;
  const span = highest - lowest;
  const place = (number: number | null) =>
    number === null ? null : span === 0 ? 0 : (number - lowest) / span;
  return {
    zero: place(0) ?? 0,
    value: place(value),
    bound: place(bound),
    threshold: place(threshold),
    direction: directionOf(check),
  };
}
