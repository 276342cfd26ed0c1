// What the tests of rollouts begin with: terms under which everything is possible, and events of a person.
import { beginState } from "../../src/rollout/state.ts";
import { SHADOW, type Step, stepsOf } from "../../src/rollout/step.ts";
import type { RolloutEvent, RouteState, Terms } from "../../src/rollout/terms.ts";

export const STEPS = stepsOf([1, 5, 25, 50, 100]);

export const TERMS: Terms = {
  steps: STEPS,
  nowMs: 1_000,
  freeze: [],
  approvers: [],
  advance: "approval",
  gate: "pass",
  after: [],
  hasUnits: true,
  hasCohorts: true,
  hasCandidate: true,
  hasDeny: false,
  completeBlockers: [],
  salt: "parallax",
};

export const ANNA = { who: "anna", role: "operator", reason: "as planned", atMs: 1_000, epoch: 7 } as const;
export const BY_GATE = { ...ANNA, who: "gate", role: "parallax" } as const;
export const BY_TRIPWIRE = { ...ANNA, who: "tripwire", role: "parallax" } as const;

export function ramp(percentage: number): Step {
  return { stage: "ramp", basisPoints: percentage * 100 };
}

/** A route at a step, as if it had always been there. */
export function at(step: Step, changes: Partial<RouteState> = {}): RouteState {
  return { ...beginState("shadow", 1), at: step, ...changes };
}

export function promote(to?: Step): RolloutEvent {
  return { ...ANNA, kind: "promote", to, isForced: false };
}

export function force(to?: Step): RolloutEvent {
  return { ...ANNA, kind: "promote", to, isForced: true };
}

export const AT_SHADOW = at(SHADOW);
