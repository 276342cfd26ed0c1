// The steps of a route, from off to complete, in their order. Pure. A step is what is promoted to and rolled back to;
// two are the same when stage and percentage are.
import { isServingStage, STAGES, type Stage } from "../core/snapshot.ts";

export interface Step {
  readonly stage: Stage;
  /** Of the units, in hundredths of a percent: of a ramp its percentage, 10,000 from live on, else 0. */
  readonly basisPoints: number;
}

export const OFF: Step = { stage: "off", basisPoints: 0 };
export const SHADOW: Step = { stage: "shadow", basisPoints: 0 };
export const CANARY: Step = { stage: "canary", basisPoints: 0 };
export const LIVE: Step = { stage: "live", basisPoints: 10_000 };
export const COMPLETE: Step = { stage: "complete", basisPoints: 10_000 };

/** Of percentages such as 0.5 and 25, ascending, as the config has them. */
export function stepsOf(percentages: readonly number[]): readonly Step[] {
  const ramp = percentages.map((percentage): Step => rampStep(percentage));
  return [OFF, SHADOW, CANARY, ...ramp, LIVE, COMPLETE];
}

function rampStep(percentage: number): Step {
  return { stage: "ramp", basisPoints: Math.round(percentage * 100) };
}

/** Negative where `a` comes before `b`, 0 where they are the same. */
export function compareSteps(a: Step, b: Step): number {
  return STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || a.basisPoints - b.basisPoints;
}

/** For people: `shadow`, `ramp 5 %`, `ramp 0.25 %`. */
export function stepText(step: Step): string {
  return step.stage === "ramp" ? `ramp ${step.basisPoints / 100} %` : step.stage;
}

/** Whether it is left by way of a gate: off asks nothing, and nothing comes after complete. */
export function hasGate({ stage }: Step): boolean {
  return stage !== "off" && stage !== "complete";
}

/** Whether the candidate serves anybody there. */
export function isServing(step: Step): boolean {
  return isServingStage(step.stage);
}

export type StepAsked =
  | { readonly ok: true; readonly step: Step }
  | { readonly ok: false; readonly message: string };

const WRITTEN_STEP = /^(?:ramp\s*)?(\d{1,3}(?:\.\d{1,2})?)\s*%?$/;

/** What people write: `canary`, `25`, `25%`, `ramp 25`, `0.5 %`. `ramp` alone is its first step. One of `steps`. */
export function stepFrom(text: string, steps: readonly Step[]): StepAsked {
  const written = text.trim().toLowerCase();
  const [, percentage] = WRITTEN_STEP.exec(written) ?? [];
  const step =
    percentage === undefined
      ? steps.find(({ stage }) => stage === written)
      : steps.find((other) => compareSteps(other, rampStep(Number(percentage))) === 0);
  if (step !== undefined) return { ok: true, step };
  return { ok: false, message: `${JSON.stringify(written)} is no step: ${steps.map(stepText).join(", ")}` };
}
